// Ponder does not start without an API; it serves its own status beside this one.
import { Hono } from "hono";

export default new Hono();
