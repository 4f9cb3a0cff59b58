"""nodelab: a whole cluster on one machine. See scripts/nodelab --help and lab/README.md."""
