"""Projects that are as good as the reference: two other tracks, and the reference written in other ways."""

from autograder.course.mistakes import Variant, edit

TRAIN, PREDICT = "project/train.py", "project/predict.py"
RETURNED = "torch.cat([model(part.to(device)).cpu() for part in inputs.split(256)])"

VARIANTS = [
    Variant("language", "the track of language: a GRU, every place of a context is trained on", folder="language"),
    Variant("generative", "the generative track: flow matching, samples by the midpoint rule", folder="generative"),
    Variant("probabilities", "probabilities in place of logits", (edit(PREDICT, RETURNED, RETURNED + ".softmax(1)"),)),
    Variant("one_by_one", "a batch for each input", (edit(PREDICT, "inputs.split(256)", "inputs.split(1)"),)),
    Variant(
        "float32_again",
        "scores in float32, whatever computed them",
        (edit(PREDICT, ".cpu() for", ".float().cpu() for"),),
    ),
    Variant("all_at_once", "one batch", (edit(PREDICT, "inputs.split(256)", "[inputs]"),)),
    Variant(
        "shared_configuration_is_left_alone",
        "a copy of the configuration, losses as numpy numbers, one checkpoint object within another",
        (
            edit(TRAIN, 'settings = config["train"]', 'settings = dict(config["train"])'),
            edit(TRAIN, "    torch.save(state, ", '    torch.save({"all": state}, '),
            edit(TRAIN, "weights_only=True)", 'weights_only=True)["all"]'),
        ),
    ),
]
