"""The door to Ethereum: nodes, logs, the contract, its deployment. Nothing else imports web3."""
