"""Curating: what is wrong with a corpus, how to split it by speakers, its datasheet and its listing."""
