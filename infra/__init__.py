"""What AWS must hold, packaging, deployment, and the same on a laptop."""
