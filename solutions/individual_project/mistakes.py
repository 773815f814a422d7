"""Projects with one fault each; three are whole folders or a claim that nothing reproduces."""

from autograder.course.mistakes import Mistake, edit

TRAIN, PREDICT, CONFIG = "project/train.py", "project/predict.py", "project/config.toml"
RESULTS, REPORT = "project/results.json", "project/report.md"
SEEDED = "torch.manual_seed(seed)\n    model"
RANDOM = '        torch.set_rng_state(state["random"].cpu())\n'
OPTIMISER = '        optimiser.load_state_dict(state["optimiser"])\n'
BATCH = 'model(data["inputs"][chosen].to(device)),'
RETURNED = "torch.cat([model(part.to(device)).cpu() for part in inputs.split(256)])"
ONE_BATCH = (
    "Does the loss of one batch go towards 0 when you train on it alone? If it does not: are inputs and targets those"
    " of the same items, and is the learning rate far too small or too large?"
)

MISTAKES = [
    Mistake(
        name="leaks_test_data",
        hint="Is anything but the data that train gets used in training? The public test data must not be.",
        catches=("test_training_uses_the_data_that_it_gets", "test_claim_holds_on_new_data"),
        changes=(),
        source="project-grading 11",
        folder="leaks_test_data",
    ),
    Mistake(
        name="forged_log",
        hint="Are the files in runs/ those of the run that made the weights?",
        catches=("test_log_is_of_this_training",),
        changes=(),
        source="project-grading 20",
        folder="forged_log",
    ),
    Mistake(
        name="does_not_reproduce",
        hint="Was config.toml, the code or the seed in results.json changed after the run that made the claims?",
        catches=("test_early_training_can_be_reproduced",),
        changes=(edit(CONFIG, "lr = 0.01", "lr = 0.002"),),
        source="project-grading 8",
    ),
    Mistake(
        name="claims_too_much",
        hint="Is the value in results.json that of these weights?",
        catches=("test_claim_is_that_of_the_weights", "test_claim_holds_on_new_data"),
        changes=(edit(RESULTS, '"value": 0.883,', '"value": 0.99,'),),
    ),
    Mistake(
        name="another_track",
        hint="Do config.toml and results.json have the same track?",
        catches=("test_claims_can_be_read",),
        changes=(edit(RESULTS, '"track": "vision"', '"track": "language"'),),
    ),
    Mistake(
        name="weights_of_another_width",
        hint="Was config.toml or model.py changed after the weights were made?",
        catches=("test_weights_fit_the_model",),
        changes=(edit(CONFIG, "width = 16", "width = 12"),),
    ),
    Mistake(
        name="scores_of_two_classes_too_many",
        hint="Does predict return one score for each class and no more?",
        catches=("test_predictions_have_their_form",),
        changes=(
            edit(PREDICT, "torch.cat([model(part", "torch.cat([nn.functional.pad(model(part"),
            edit(PREDICT, ".cpu() for part", ".cpu(), (0, 2)) for part"),
        ),
    ),
    Mistake(
        name="todo_in_the_report",
        hint="Is a TODO of the template left?",
        catches=("test_report_is_complete",),
        changes=(edit(REPORT, "## Analysis\n", "## Analysis\n\nTODO\n"),),
    ),
    Mistake(
        name="softmax_over_the_batch",
        hint="Is a softmax or a normalisation taken over the items (dim=0), or does anything else look at other items?",
        catches=("test_items_do_not_see_each_other",),
        changes=(
            edit(
                PREDICT,
                RETURNED,
                RETURNED + ".softmax(0)",
            ),
        ),
    ),
    Mistake(
        name="predicts_in_training_mode",
        hint="Is model.eval() called before predicting?",
        catches=("test_predictions_do_not_depend_on_the_mode",),
        changes=(edit(PREDICT, "    model.eval()\n", ""),),
        source="student-bugs 60",
    ),
    Mistake(
        name="predicts_on_another_scale",
        hint="Does predict scale its inputs as training does, and return the classes in the same order?",
        catches=("test_new_data_beat_the_baseline",),
        changes=(edit(PREDICT, "part.to(device)", "(part / 255).to(device)"),),
    ),
    Mistake(
        name="not_seeded",
        hint="Is torch.manual_seed(seed) called before the model is built?",
        catches=("test_the_seed_decides_the_training",),
        changes=(edit(TRAIN, SEEDED, "model"),),
    ),
    Mistake(
        name="always_one_seed",
        hint="Is the argument seed used, or a number in its place?",
        catches=("test_the_seed_decides_the_training",),
        changes=(edit(TRAIN, SEEDED, "seed = 7\n    torch.manual_seed(seed)\n    model"),),
    ),
    Mistake(
        name="resumes_without_optimiser",
        hint="Does the checkpoint have the states of the optimiser and of the schedule, and are both loaded?",
        catches=("test_resumed_training_is_an_undisturbed_one",),
        changes=(edit(TRAIN, OPTIMISER, ""),),
        source="student-bugs 210",
    ),
    Mistake(
        name="resumes_without_random_state",
        hint="Does the checkpoint have all that is random: the generator's state (dropout) and the order of the items?",
        catches=("test_resumed_training_is_an_undisturbed_one",),
        changes=(edit(TRAIN, RANDOM, ""),),
        source="student-bugs 213",
    ),
    Mistake(
        name="schedule_by_the_steps_of_the_call",
        hint="Does the schedule go by the configuration's steps, whatever steps train is called with?",
        catches=("test_resumed_training_is_an_undisturbed_one",),
        changes=(
            edit(TRAIN, "_share(step, settings))", '_share(step, {**settings, "steps": steps or settings["steps"]}))'),
        ),
    ),
    Mistake(
        name="trains_the_last_layer_alone",
        hint="Does the optimiser have all parameters?",
        catches=("test_training_reaches_every_parameter",),
        changes=(edit(TRAIN, "AdamW(model.parameters()", "AdamW(list(model.parameters())[-2:]"),),
    ),
    Mistake(
        name="targets_of_other_items",
        hint=ONE_BATCH,
        catches=("test_few_items_are_learnt",),
        changes=(edit(TRAIN, 'data["targets"][chosen]', 'data["targets"][chosen.roll(1)]'),),
    ),
    Mistake(
        name="learning_rate_far_too_small",
        hint=ONE_BATCH,
        catches=("test_few_items_are_learnt",),
        changes=(edit(CONFIG, "lr = 0.01", "lr = 0.000001"),),
    ),
    Mistake(
        name="items_in_the_order_of_the_file",
        hint="Is the order of the items drawn anew in each epoch?",
        catches=("test_order_of_the_data_does_not_matter",),
        changes=(
            edit(
                TRAIN,
                "torch.randperm(count, generator=torch.Generator().manual_seed(seed * 100_003 + epoch))",
                "torch.arange(count)",
            ),
        ),
    ),
    Mistake(
        name="divides_by_a_deviation_of_zero",
        hint="Is anything divided by a standard deviation or a norm that can be 0, or is the logarithm of 0 taken?",
        catches=("test_training_makes_no_nan",),
        changes=(
            edit(
                TRAIN,
                BATCH,
                'model((data["inputs"][chosen] / data["inputs"][chosen].std((1, 2, 3), keepdim=True)).to(device)),',
            ),
        ),
    ),
    Mistake(
        name="normalises_a_batch_of_one",
        hint="Does training work with a last batch of a single item? Batch normalisation of single numbers needs two.",
        catches=("test_training_makes_no_nan",),
        changes=(
            edit(TRAIN, "divmod(step, count // size)", "divmod(step, -(-count // size))"),
            edit(TRAIN, BATCH, f"nn.functional.batch_norm({BATCH[:-1]}, None, None, training=True),"),
        ),
    ),
    Mistake(
        name="keeps_the_graph_of_each_step",
        hint="Is a loss or an output kept with its graph? Keep float(loss) or loss.detach().",
        catches=("test_memory_is_flat_over_steps",),
        changes=(
            edit(TRAIN, "    losses: list[float] = []\n", "    losses: list[float] = []\n    kept = []\n"),
            edit(TRAIN, "loss.backward()", "loss.backward(retain_graph=True)\n            kept.append(loss)"),
        ),
    ),
    Mistake(
        name="adds_a_large_constant_to_the_scores",
        hint="Is a large number added to small ones? bfloat16 keeps 8 bits, so that 1000 and 1001 are equal.",
        catches=("test_mixed_precision_is_close_to_float32",),
        changes=(edit(PREDICT, "model(part.to(device)).cpu()", "(model(part.to(device)) + 1000).cpu()"),),
    ),
]
