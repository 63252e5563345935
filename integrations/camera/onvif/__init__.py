"""ONVIF cameras: found in the network, asked what they are, and heard when they see motion or are tampered with."""
