"""What a running daemon shows and takes over HTTP: page, API, metrics, health."""
