"""Networks by name: every model is an `nn.Module` with `encoder` and `decoder`, from `[-1, 1]` RGB to logits."""
