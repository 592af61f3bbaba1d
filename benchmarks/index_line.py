"""A long line to a node: each request waits before it goes on. Arguments: the node's port, milliseconds."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress


async def main(port: int, seconds: float) -> None:
    """Serves until it is killed. Prints the URL."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_pump(reader, far_writer, seconds), _pump(far_reader, writer, 0.0), return_exceptions=True)

    server = await asyncio.start_server(carry, "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, seconds: float) -> None:
    with suppress(OSError):
        while chunk := await source.read(1 << 20):
            await asyncio.sleep(seconds)
            sink.write(chunk)
            await sink.drain()
    sink.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]) / 1000))
