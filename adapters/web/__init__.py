"""What the operator's monitoring, and a platform that brings messages by itself, find under an HTTP port."""
