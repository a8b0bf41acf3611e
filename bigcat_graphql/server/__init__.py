"""The way in and out: GraphQL over HTTP and websocket, its limits, the explorer and health."""
