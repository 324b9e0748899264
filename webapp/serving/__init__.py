"""How the web process serves: connections that hold no thread until a whole request is there."""
