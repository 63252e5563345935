"""The API that Home Assistant's own clients speak: REST under /api/ and a WebSocket at /api/websocket."""
