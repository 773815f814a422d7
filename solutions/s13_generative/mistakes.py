"""Known mistakes of s13_generative; each must fail the tests that it names in ``catches``."""

from autograder.course.mistakes import Mistake, edit

GAN, EMA, DIFFUSION = "models/gan.py", "models/ema.py", "models/diffusion.py"
SOURCE = "torch-student-bugs"

# --- GAN ---

GAN_MISTAKES = [
    Mistake(
        name="generator_without_middle_layer",
        hint="The generator has two linear layers; it should have three.",
        catches=("test_shapes_of_parameters",),
        changes=(
            edit(
                GAN,
                "            nn.Linear(latent_size, hidden_size),\n            nn.ReLU(),\n"
                "            nn.Linear(hidden_size, hidden_size),\n            nn.ReLU(),\n",
                "            nn.Linear(latent_size, hidden_size),\n            nn.ReLU(),\n",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="generator_ends_in_tanh",
        hint="The generator ends in tanh, so its samples are between -1 and 1; here it has no activation at the end.",
        catches=("test_networks_of_a_gan",),
        changes=(edit(GAN, "return self.layers(noise)", "return self.layers(noise).tanh()"),),
        source="torch-student-bugs 179",
    ),
    Mistake(
        name="discriminator_ends_in_sigmoid",
        hint="The discriminator ends in a sigmoid; the losses expect logits.",
        catches=("test_networks_of_a_gan",),
        changes=(edit(GAN, "return self.layers(x)[:, 0]", "return self.layers(x)[:, 0].sigmoid()"),),
        source="torch-student-bugs 169",
    ),
    Mistake(
        name="discriminator_with_relu",
        hint="The slope of LeakyReLU should be 0.2.",
        catches=("test_networks_of_a_gan",),
        changes=(
            edit(
                GAN,
                "nn.LeakyReLU(0.2),\n            nn.Linear(hidden_size, 1),",
                "nn.LeakyReLU(),\n            nn.Linear(hidden_size, 1),",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="labels_exchanged",
        hint="The labels are exchanged: the discriminator is trained to call real samples generated.",
        catches=("test_losses_of_a_gan", "test_a_gaussian_is_learnt"),
        changes=(
            edit(
                GAN,
                "functional.softplus(-real_logits).mean() + functional.softplus(fake_logits).mean()",
                "functional.softplus(real_logits).mean() + functional.softplus(-fake_logits).mean()",
            ),
        ),
        source="torch-student-bugs 176",
    ),
    Mistake(
        name="mean_over_both_halves",
        hint="The two means are averaged, or taken over all samples together; they should be added.",
        catches=("test_losses_of_a_gan",),
        changes=(
            edit(
                GAN,
                "return functional.softplus(-real_logits).mean() + functional.softplus(fake_logits).mean()",
                "return torch.cat([functional.softplus(-real_logits), functional.softplus(fake_logits)]).mean()",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="log_of_sigmoid_in_two_steps",
        hint="log(sigmoid(x)) in two steps is infinite, or cut off, for logits of a large size.",
        catches=("test_losses_of_extreme_logits",),
        changes=(
            edit(
                GAN,
                "return functional.softplus(-real_logits).mean() + functional.softplus(fake_logits).mean()",
                "return -(real_logits.sigmoid() + 1e-8).log().mean() - (1 - fake_logits.sigmoid() + 1e-8).log().mean()",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="saturating_loss",
        hint="The loss called non-saturating is log(1 - D), whose gradient vanishes where the discriminator is sure.",
        catches=("test_losses_of_a_gan",),
        changes=(
            edit(
                GAN,
                "return functional.softplus(-fake_logits).mean()",
                "return -functional.softplus(fake_logits).mean()",
            ),
        ),
        source="torch-student-bugs 177",
    ),
    Mistake(
        name="minimax_with_other_sign",
        hint="The minimax loss has the opposite sign: the generator is trained against itself.",
        catches=("test_losses_of_a_gan",),
        changes=(
            edit(
                GAN,
                "    return -functional.softplus(fake_logits).mean()",
                "    return functional.softplus(fake_logits).mean()",
            ),
        ),
        source="torch-student-bugs 176",
    ),
    Mistake(
        name="unknown_loss_is_minimax",
        hint="A kind of loss that does not exist should raise ValueError.",
        catches=("test_what_does_not_exist_is_refused",),
        changes=(edit(GAN, '    if kind == "minimax":\n        return', "    if True:\n        return"),),
        source="own",
    ),
    Mistake(
        name="one_mix_for_all",
        hint="All samples are mixed with the same number; each should have its own.",
        catches=("test_gradient_penalty",),
        changes=(edit(GAN, "mix = mix.reshape(-1, *[1] * (real.ndim - 1))", "mix = mix[0]"),),
        source="torch-student-bugs 186",
    ),
    Mistake(
        name="mix_exchanged",
        hint="mix is the share of the generated sample; it should be that of the real one.",
        catches=("test_gradient_penalty",),
        changes=(edit(GAN, "(mix * real + (1 - mix) * fake)", "((1 - mix) * real + mix * fake)"),),
        source="own",
    ),
    Mistake(
        name="penalty_at_the_samples",
        hint="The gradient is taken at the real samples; it should be taken between real and generated ones.",
        catches=("test_gradient_penalty",),
        changes=(edit(GAN, "x = (mix * real + (1 - mix) * fake)", "x = (real + 0 * mix * fake)"),),
        source="torch-student-bugs 186",
    ),
    Mistake(
        name="norm_over_the_batch",
        hint="One norm is taken over the whole batch; each sample should have its own.",
        catches=("test_gradient_penalty",),
        changes=(edit(GAN, "gradient.flatten(1).norm(dim=1)", "gradient.flatten(1).norm()"),),
        source="torch-student-bugs 186",
    ),
    Mistake(
        name="norm_over_one_axis",
        hint="The norm of an image's gradient is taken over one axis only; it should be over all but the first.",
        catches=("test_gradient_penalty",),
        changes=(edit(GAN, "gradient.flatten(1).norm(dim=1)", "gradient.norm(dim=1)"),),
        source="torch-student-bugs 186",
    ),
    Mistake(
        name="squared_norm",
        hint="The square of the norm is compared with 1; it should be the norm.",
        catches=("test_gradient_penalty",),
        changes=(edit(GAN, "gradient.flatten(1).norm(dim=1) - 1", "gradient.flatten(1).square().sum(dim=1) - 1"),),
        source="own",
    ),
    Mistake(
        name="one_sided_penalty",
        hint="Norms below 1 cost nothing; both sides should.",
        catches=("test_gradient_penalty_of_small_gradients",),
        changes=(edit(GAN, "norm(dim=1) - 1).square()", "norm(dim=1) - 1).clamp(min=0).square()"),),
        source="Gulrajani et al. 2017, section 4 (one-sided penalty)",
    ),
    Mistake(
        name="penalty_without_second_gradient",
        hint="The gradient is computed without create_graph=True, so the penalty has no gradient for the parameters.",
        catches=("test_gradient_penalty",),
        changes=(
            edit(GAN, "x, create_graph=True)", "x, retain_graph=True)"),
            edit(GAN, "- 1).square().mean()\n", "- 1).square().mean() + 0 * discriminator(x).sum()\n"),
        ),
        source="torch-student-bugs 186",
    ),
    Mistake(
        name="old_gradients_of_the_discriminator",
        hint="Gradients from before are not cleared before the discriminator's step.",
        catches=("test_discriminator_step",),
        changes=(edit(GAN, "    optimiser.zero_grad()\n    loss.backward()\n", "    loss.backward()\n"),),
        source="own",
    ),
    Mistake(
        name="old_gradients_of_the_generator",
        hint="Gradients from before are added to those of the generator's step.",
        catches=("test_generator_step",),
        changes=(edit(GAN, "        parameter.grad = gradient\n", "        parameter.grad += gradient\n"),),
        source="own",
    ),
    Mistake(
        name="generator_step_with_detach",
        hint="The samples are detached in the generator's step, so that it learns nothing.",
        catches=("test_generator_step",),
        changes=(
            edit(
                GAN,
                "    loss = generator_loss(discriminator(generator(noise)), kind)\n",
                "    loss = generator_loss(discriminator(generator(noise).detach()), kind)\n"
                "    loss = loss + 0 * sum(of.sum() for of in generator.parameters())\n",
            ),
        ),
        source="torch-student-bugs 174",
    ),
    Mistake(
        name="kind_not_passed_on",
        hint="The generator's step always uses the same loss, whatever kind says.",
        catches=("test_generator_step",),
        changes=(edit(GAN, "discriminator(generator(noise)), kind)", "discriminator(generator(noise)))"),),
        source="own",
    ),
    Mistake(
        name="generator_step_moves_the_discriminator",
        hint="The generator's step changes the discriminator, too.",
        catches=("test_the_other_network_is_left_alone",),
        changes=(
            edit(
                GAN,
                "    loss = generator_loss(discriminator(generator(noise)), kind)\n",
                "    loss = generator_loss(discriminator(generator(noise)), kind)\n"
                "    others = list(discriminator.parameters())\n"
                "    with torch.no_grad():\n"
                "        for other, slope in zip(others, torch.autograd.grad(loss, others, retain_graph=True)):\n"
                "            other -= 0.01 * slope\n"
                "    loss = generator_loss(discriminator(generator(noise)), kind)\n",
            ),
        ),
        source="torch-student-bugs 182",
    ),
    Mistake(
        name="generator_step_adds_to_the_other_gradients",
        hint="backward adds to the gradients of the discriminator's parameters in the generator's step.",
        catches=("test_the_other_network_is_left_alone",),
        changes=(
            edit(
                GAN,
                "    parameters = list(generator.parameters())\n"
                "    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):\n"
                "        parameter.grad = gradient\n",
                "    optimiser.zero_grad()\n    loss.backward()\n",
            ),
        ),
        source="torch-student-bugs 173",
    ),
    Mistake(
        name="discriminator_step_without_detach",
        hint="The discriminator's step computes gradients of the generator's parameters, too.",
        catches=("test_the_other_network_is_left_alone",),
        changes=(
            edit(GAN, "    with torch.no_grad():\n        fake = generator(noise)\n", "    fake = generator(noise)\n"),
        ),
        source="torch-student-bugs 173",
    ),
    Mistake(
        name="generator_stays_frozen",
        hint="After the step the parameters do not require gradients any more.",
        catches=("test_the_other_network_is_left_alone",),
        changes=(
            edit(
                GAN,
                "    with torch.no_grad():\n        fake = generator(noise)\n",
                "    generator.requires_grad_(False)\n    fake = generator(noise)\n",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="penalty_is_not_weighted",
        hint="The penalty is added without its factor.",
        catches=("test_discriminator_step_with_penalty",),
        changes=(edit(GAN, "loss + penalty * gradient_penalty", "loss + gradient_penalty"),),
        source="own",
    ),
    Mistake(
        name="penalty_is_left_out",
        hint="The penalty has no effect on the step.",
        catches=("test_discriminator_step_with_penalty",),
        changes=(
            edit(
                GAN,
                "penalty * gradient_penalty(discriminator, real, fake, mix)",
                "penalty * gradient_penalty(discriminator, real, fake, mix).detach()",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="loss_after_the_step",
        hint="The loss is computed again after the step; it should be the one before.",
        catches=("test_discriminator_step",),
        changes=(
            edit(
                GAN,
                "    loss.backward()\n    optimiser.step()\n    return loss.item()\n",
                "    loss.backward()\n    optimiser.step()\n"
                "    return discriminator_loss(discriminator(real), discriminator(fake)).item()\n",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="far_samples_counted",
        hint="Samples that are far from every mode are counted for the nearest one.",
        catches=("test_counts_of_modes",),
        changes=(edit(GAN, "nearest[distances <= radius]", "nearest"),),
        source="own",
    ),
    Mistake(
        name="counted_for_every_mode",
        hint="A sample within the radius of two modes counts twice.",
        catches=("test_modes_that_overlap",),
        changes=(
            edit(
                GAN,
                "counts = torch.bincount(nearest[distances <= radius], minlength=len(modes))",
                "counts = (torch.cdist(samples, modes) <= radius).sum(dim=0)",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="modes_without_samples_left_out",
        hint="The counts are cut after the last mode that has samples.",
        catches=("test_counts_of_modes",),
        changes=(edit(GAN, ", minlength=len(modes)", ""),),
        source="own",
    ),
    Mistake(
        name="squared_distance",
        hint="The square of the distance is compared with the radius.",
        catches=("test_counts_of_modes",),
        changes=(edit(GAN, "nearest[distances <= radius]", "nearest[distances.square() <= radius]"),),
        source="own",
    ),
    Mistake(
        name="share_of_modes",
        hint="The share is that of the modes that have samples; it should be that of the samples near a mode.",
        catches=("test_counts_of_modes",),
        changes=(edit(GAN, "counts.sum().item() / len(samples)", "(counts > 0).sum().item() / len(modes)"),),
        source="own",
    ),
]

# --- averages of weights ---

EMA_MISTAKES = [
    Mistake(
        name="weights_exchanged",
        hint="decay is the weight of the model; it should be that of the average.",
        catches=("test_average_of_weights",),
        changes=(
            edit(
                EMA,
                "averaged.mul_(decay).add_(parameter, alpha=1 - decay)",
                "averaged.mul_(1 - decay).add_(parameter, alpha=decay)",
            ),
        ),
        source="torch-student-bugs 39",
    ),
    Mistake(
        name="average_is_the_model",
        hint="The average is the model's own tensors: they are not copied.",
        catches=("test_average_of_weights", "test_weights_come_back"),
        changes=(
            edit(
                EMA, "[of.detach().clone() for of in model.parameters()]", "[of.detach() for of in model.parameters()]"
            ),
        ),
        source="torch-student-bugs 42",
    ),
    Mistake(
        name="average_begins_with_zeros",
        hint="The average begins with zeros; it should begin as a copy of the model.",
        catches=("test_average_of_weights",),
        changes=(
            edit(
                EMA,
                "[of.detach().clone() for of in model.parameters()]",
                "[torch.zeros_like(of) for of in model.parameters()]",
            ),
        ),
        source="torch-alternatives 33",
    ),
    Mistake(
        name="buffers_averaged",
        hint="Buffers are averaged; they should be copied.",
        catches=("test_average_of_weights",),
        changes=(
            edit(
                EMA, "            kept.copy_(buffer)\n", "            kept.copy_(decay * kept + (1 - decay) * buffer)\n"
            ),
        ),
        source="torch-student-bugs 41",
    ),
    Mistake(
        name="buffers_forgotten",
        hint="The buffers keep their values from the beginning.",
        catches=("test_average_of_weights",),
        changes=(edit(EMA, "            kept.copy_(buffer)\n", "            pass\n"),),
        source="own",
    ),
    Mistake(
        name="warm_up_ignored",
        hint="warm_up has no effect.",
        catches=("test_average_of_weights",),
        changes=(
            edit(
                EMA,
                "(10 + self.updates)) if self.warm_up else self.decay",
                "(10 + self.updates)) if False else self.decay",
            ),
        ),
        source="torch-student-bugs 43",
    ),
    Mistake(
        name="warm_up_is_not_limited",
        hint="With warm_up the decay goes on growing beyond the given one.",
        catches=("test_average_of_weights",),
        changes=(
            edit(
                EMA,
                "min(self.decay, (1 + self.updates) / (10 + self.updates))",
                "(1 + self.updates) / (10 + self.updates)",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="updates_counted_from_1",
        hint="The first update has number 1 in the warm-up; it should have 0.",
        catches=("test_average_of_weights",),
        changes=(
            edit(
                EMA, "self.warm_up, self.updates = decay, warm_up, 0", "self.warm_up, self.updates = decay, warm_up, 1"
            ),
        ),
        source="own",
    ),
    Mistake(
        name="averages_stay_in_the_model",
        hint="After the block the model still has the averaged weights.",
        catches=("test_weights_come_back",),
        changes=(edit(EMA, "            self._copy(own, given)\n", "            pass\n"),),
        source="torch-student-bugs 44",
    ),
    Mistake(
        name="weights_lost_by_an_exception",
        hint="When the block raises, the model keeps the averaged weights: the way back belongs into finally.",
        catches=("test_weights_come_back",),
        changes=(
            edit(
                EMA,
                "            yield model\n        finally:\n            self._copy(own, given)\n",
                "            yield model\n            self._copy(own, given)\n        finally:\n            pass\n",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="decay_of_1_allowed",
        hint="A decay of 1 is allowed; it should raise ValueError.",
        catches=("test_what_does_not_exist_is_refused",),
        changes=(edit(EMA, "if not 0 <= decay < 1:", "if not 0 <= decay <= 1:"),),
        source="own",
    ),
]

# --- diffusion ---

DIFFUSION_MISTAKES = [
    Mistake(
        name="linear_schedule_of_1000_steps",
        hint="The linear schedule does not grow with fewer steps, so that much of x_0 is left at the end.",
        catches=("test_linear_betas", "test_ends_of_the_schedules"),
        changes=(edit(DIFFUSION, " * (1000 / steps)", ""),),
        source="torch-student-bugs 193",
    ),
    Mistake(
        name="linear_in_the_root",
        hint="The roots of β are at equal distances; β itself should be.",
        catches=("test_linear_betas",),
        changes=(
            edit(
                DIFFUSION,
                "torch.linspace(first, last, steps, dtype=torch.float64)",
                "torch.linspace(first**0.5, last**0.5, steps, dtype=torch.float64).square()",
            ),
        ),
        source="torch-alternatives 74",
    ),
    Mistake(
        name="cosine_without_square",
        hint="The cosine is not squared.",
        catches=("test_cosine_betas",),
        changes=(edit(DIFFUSION, "* math.pi / 2).square()", "* math.pi / 2)"),),
        source="own",
    ),
    Mistake(
        name="cosine_without_offset",
        hint="The offset is left out.",
        catches=("test_cosine_betas",),
        changes=(edit(DIFFUSION, "(places + offset) / (1 + offset)", "places"),),
        source="own",
    ),
    Mistake(
        name="cosine_is_not_limited",
        hint="The largest β is not limited.",
        catches=("test_cosine_betas",),
        changes=(edit(DIFFUSION, ".clamp(max=most)", ""),),
        source="torch-student-bugs 196",
    ),
    Mistake(
        name="sums_in_place_of_products",
        hint="ᾱ is 1 minus the sum of β; it should be the product of all α.",
        catches=("test_schedule",),
        changes=(edit(DIFFUSION, "self.alphas.cumprod(0)", "1 - self.betas.cumsum(0)"),),
        source="own",
    ),
    Mistake(
        name="shifted_the_wrong_way",
        hint="alpha_bars_before is shifted the wrong way: its first number should be 1.",
        catches=("test_schedule",),
        changes=(
            edit(
                DIFFUSION,
                "torch.cat([torch.ones(1, dtype=torch.float64), self.alpha_bars[:-1]])",
                "torch.cat([self.alpha_bars[1:], torch.ones(1, dtype=torch.float64)])",
            ),
        ),
        source="torch-student-bugs 188",
    ),
    Mistake(
        name="posterior_variance_without_division",
        hint="The posterior variance is not divided by 1 - ᾱ.",
        catches=("test_schedule",),
        changes=(
            edit(DIFFUSION, "* (1 - self.alpha_bars_before) / (1 - self.alpha_bars)", "* (1 - self.alpha_bars_before)"),
        ),
        source="torch-student-bugs 189",
    ),
    Mistake(
        name="noise_without_root",
        hint="The noise is multiplied by 1 - ᾱ; it should be the root.",
        catches=("test_way_to_noise",),
        changes=(
            edit(
                DIFFUSION,
                "* x0 + schedule.at((1 - bar).sqrt(), t, x0) * noise",
                "* x0 + schedule.at(1 - bar, t, x0) * noise",
            ),
        ),
        source="torch-student-bugs 187",
    ),
    Mistake(
        name="signal_without_root",
        hint="x_0 is multiplied by ᾱ; it should be the root.",
        catches=("test_way_to_noise",),
        changes=(edit(DIFFUSION, "return schedule.at(bar.sqrt(), t, x0) * x0", "return schedule.at(bar, t, x0) * x0"),),
        source="torch-student-bugs 187",
    ),
    Mistake(
        name="alpha_in_place_of_the_product",
        hint="q_sample uses α of one step; it should use ᾱ, the product of all up to this step.",
        catches=("test_way_to_noise",),
        changes=(
            edit(
                DIFFUSION,
                "    bar = schedule.alpha_bars\n    return schedule.at(bar.sqrt(), t, x0) * x0",
                "    bar = schedule.alphas\n    return schedule.at(bar.sqrt(), t, x0) * x0",
            ),
        ),
        source="torch-student-bugs 187",
    ),
    Mistake(
        name="one_step_for_the_whole_batch",
        hint="All samples have the step of the first one.",
        catches=("test_way_to_noise",),
        changes=(edit(DIFFUSION, "return values[t].to(x.dtype)", "return values[t[0]].expand(len(x)).to(x.dtype)"),),
        source="torch-student-bugs 197",
    ),
    Mistake(
        name="coefficients_along_the_last_axis",
        hint="The coefficients are multiplied along the last axis; they belong to the first.",
        catches=("test_way_to_noise",),
        changes=(
            edit(
                DIFFUSION,
                "return values[t].to(x.dtype).reshape(-1, *[1] * (x.ndim - 1))",
                "found = values[t].to(x.dtype)\n        return found if x.shape[-1] == len(found) else "
                "found.reshape(-1, *[1] * (x.ndim - 1))",
            ),
        ),
        source="torch-student-bugs 198",
    ),
    Mistake(
        name="double_precision_always",
        hint="float32 data come back as float64.",
        catches=("test_data_of_single_precision",),
        changes=(edit(DIFFUSION, "return values[t].to(x.dtype).reshape", "return values[t].reshape"),),
        source="own",
    ),
    Mistake(
        name="x0_without_noise_taken_off",
        hint="predicted_x0 does not divide by the root of ᾱ.",
        catches=("test_way_to_noise",),
        changes=(edit(DIFFUSION, "* eps) / schedule.at(bar.sqrt(), t, x)", "* eps)"),),
        source="own",
    ),
    Mistake(
        name="posterior_mean_exchanged",
        hint="The two coefficients of the posterior mean are exchanged.",
        catches=("test_way_to_noise",),
        changes=(edit(DIFFUSION, "return of_x0 * x0 + of_x * x, ", "return of_x * x0 + of_x0 * x, "),),
        source="own",
    ),
    Mistake(
        name="loss_against_x0",
        hint="The loss compares the model with x_0; it should compare it with the noise.",
        catches=("test_loss_of_diffusion",),
        changes=(edit(DIFFUSION, "noise), t), noise)", "noise), t), x0)"),),
        source="torch-alternatives 71",
    ),
    Mistake(
        name="loss_with_other_noise",
        hint="The model should predict the noise that is in x_t; the loss compares it with other noise.",
        catches=("test_loss_of_diffusion",),
        changes=(edit(DIFFUSION, "noise), t), noise)", "noise), t), torch.randn_like(noise))"),),
        source="torch-student-bugs 201",
    ),
    Mistake(
        name="loss_of_clean_data",
        hint="The model receives x_0; it should receive x_t.",
        catches=("test_loss_of_diffusion",),
        changes=(edit(DIFFUSION, "model(q_sample(schedule, x0, t, noise), t)", "model(x0, t)"),),
        source="own",
    ),
    Mistake(
        name="loss_is_a_sum",
        hint="The loss is a sum over all elements; it should be the mean.",
        catches=("test_loss_of_diffusion",),
        changes=(edit(DIFFUSION, "noise), t), noise)", 'noise), t), noise, reduction="sum")'),),
        source="torch-alternatives 76",
    ),
    Mistake(
        name="loss_of_absolute_values",
        hint="The loss is the mean of absolute differences; it should be that of their squares.",
        catches=("test_loss_of_diffusion",),
        changes=(edit(DIFFUSION, "functional.mse_loss(model", "functional.l1_loss(model"),),
        source="own",
    ),
    Mistake(
        name="steps_in_rising_order",
        hint="Sampling goes from t = 0 to T - 1; it should go from T - 1 to 0.",
        catches=("test_order_of_steps", "test_ancestral_sampling"),
        changes=(edit(DIFFUSION, "for step in reversed(range(len(schedule))):", "for step in range(len(schedule)):"),),
        source="torch-student-bugs 192",
    ),
    Mistake(
        name="last_step_left_out",
        hint="The step t = 0 is left out.",
        catches=("test_order_of_steps", "test_ancestral_sampling"),
        changes=(
            edit(
                DIFFUSION,
                "for step in reversed(range(len(schedule))):",
                "for step in reversed(range(1, len(schedule))):",
            ),
        ),
        source="torch-student-bugs 192",
    ),
    Mistake(
        name="first_step_left_out",
        hint="Sampling begins at T - 2; it should begin at T - 1.",
        catches=("test_order_of_steps", "test_ancestral_sampling"),
        changes=(
            edit(
                DIFFUSION,
                "for step in reversed(range(len(schedule))):",
                "for step in reversed(range(len(schedule) - 1)):",
            ),
        ),
        source="torch-student-bugs 192",
    ),
    Mistake(
        name="noise_in_the_last_step",
        hint="The last step adds noise.",
        catches=("test_no_noise_in_the_last_step",),
        changes=(
            edit(
                DIFFUSION,
                "x = mean if step == 0 else mean + spread[step] * noises[step]",
                "x = mean + spread[step].clamp(min=0.05) * noises[step]",
            ),
        ),
        source="torch-student-bugs 191",
    ),
    Mistake(
        name="no_noise_at_all",
        hint="No step adds noise.",
        catches=("test_ancestral_sampling", "test_samples_of_a_gaussian"),
        changes=(edit(DIFFUSION, "x = mean if step == 0 else mean + spread[step] * noises[step]", "x = mean"),),
        source="own",
    ),
    Mistake(
        name="variance_in_place_of_the_root",
        hint="The noise is multiplied by the variance; it should be its root.",
        catches=("test_ancestral_sampling", "test_samples_of_a_gaussian"),
        changes=(edit(DIFFUSION, "schedule.betas).sqrt().to(x.dtype)", "schedule.betas).to(x.dtype)"),),
        source="torch-student-bugs, table of samplers",
    ),
    Mistake(
        name="variance_always_beta",
        hint="The variance is always β; by default it should be the posterior's.",
        catches=("test_ancestral_sampling", "test_samples_of_a_gaussian"),
        changes=(
            edit(
                DIFFUSION,
                '(schedule.posterior_variances if variance == "posterior" else schedule.betas)',
                "schedule.betas",
            ),
        ),
        source="torch-alternatives 72",
    ),
    Mistake(
        name="model_sees_the_step_before",
        hint="The model is asked for another step than the one that x is at.",
        catches=("test_ancestral_sampling",),
        changes=(
            edit(
                DIFFUSION,
                "predicted_x0(schedule, x, t, model(x, t)), x, t)",
                "predicted_x0(schedule, x, t, model(x, (t - 1).clamp(min=0))), x, t)",
            ),
        ),
        source="torch-student-bugs, table of samplers",
    ),
    Mistake(
        name="step_as_one_number",
        hint="The model receives one number as t; it should receive one for each sample.",
        catches=("test_order_of_steps",),
        changes=(
            edit(
                DIFFUSION,
                "    for step in reversed(range(len(schedule))):\n        t = torch.full((len(x),), step)\n",
                "    for step in reversed(range(len(schedule))):\n        t = torch.full((1,), step)\n",
            ),
        ),
        source="torch-alternatives 78",
    ),
    Mistake(
        name="predicted_x0_cut_off",
        hint="The predicted x_0 is cut off at -1 and 1; the data here are larger.",
        catches=("test_ancestral_sampling",),
        changes=(
            edit(
                DIFFUSION,
                "posterior(schedule, predicted_x0(schedule, x, t, model(x, t)), x, t)",
                "posterior(schedule, predicted_x0(schedule, x, t, model(x, t)).clamp(-1, 1), x, t)",
            ),
        ),
        source="torch-alternatives 71",
    ),
    Mistake(
        name="unknown_variance_is_beta",
        hint="A variance that does not exist should raise ValueError.",
        catches=("test_what_does_not_exist_is_refused",),
        changes=(edit(DIFFUSION, 'if variance not in ("posterior", "beta"):', "if not variance:"),),
        source="own",
    ),
    Mistake(
        name="times_without_the_last",
        hint="The steps end before 0.",
        catches=("test_times_of_ddim",),
        changes=(
            edit(
                DIFFUSION,
                "[round((steps - 1) * (count - 1 - place) / (count - 1)) for place in range(count)]",
                "[steps - 1 - place * (steps // count) for place in range(count)]",
            ),
        ),
        source="torch-alternatives 79",
    ),
    Mistake(
        name="times_cut_in_place_of_rounded",
        hint="The steps are cut off; they should be rounded.",
        catches=("test_times_of_ddim",),
        changes=(
            edit(
                DIFFUSION,
                "round((steps - 1) * (count - 1 - place) / (count - 1))",
                "int((steps - 1) * (count - 1 - place) / (count - 1))",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="ddim_with_new_noise",
        hint="The step is made with another noise than the model's.",
        catches=("test_sampling_without_noise",),
        changes=(
            edit(
                DIFFUSION, "torch.full_like(t, times[place + 1]), eps)", "torch.full_like(t, times[place + 1]), noise)"
            ),
        ),
        source="torch-student-bugs 204",
    ),
    Mistake(
        name="ddim_goes_one_step_down",
        hint="x goes to t - 1; it should go to the next of times.",
        catches=("test_sampling_without_noise",),
        changes=(
            edit(DIFFUSION, "torch.full_like(t, times[place + 1]), eps)", "torch.full_like(t, max(step - 1, 0)), eps)"),
        ),
        source="torch-alternatives 79",
    ),
    Mistake(
        name="ddim_ends_with_x",
        hint="The result is x at the last step; it should be the x_0 that is predicted there.",
        catches=("test_sampling_without_noise",),
        changes=(
            edit(
                DIFFUSION,
                "    for place, step in enumerate(times):\n",
                "    for place, step in enumerate(times[:-1]):\n",
            ),
        ),
        source="torch-alternatives 79",
    ),
    Mistake(
        name="encoding_with_the_later_step",
        hint="The model is asked for the step that x goes to; it should be the step that x is at.",
        catches=("test_noise_of_given_samples",),
        changes=(
            edit(
                DIFFUSION,
                "        eps = model(x, t)\n        x = q_sample(",
                "        eps = model(x, torch.full_like(t, times[place - 1]))\n        x = q_sample(",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="encoding_ends_early",
        hint="The last step of the encoding is left out.",
        catches=("test_noise_of_given_samples",),
        changes=(
            edit(DIFFUSION, "for place in range(len(times) - 1, 0, -1):", "for place in range(len(times) - 1, 1, -1):"),
        ),
        source="own",
    ),
    Mistake(
        name="encoding_in_the_falling_order",
        hint="The encoding goes through the steps in the order of sampling; it should go the other way.",
        catches=("test_noise_of_given_samples", "test_there_and_back"),
        changes=(
            edit(
                DIFFUSION,
                "    x = x0\n    for place in range",
                "    x, times = x0, times[::-1]\n    for place in range",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="guidance_exchanged",
        hint="The noise with labels and the one without are exchanged.",
        catches=("test_guidance",),
        changes=(
            edit(
                DIFFUSION,
                "return without + scale * (model(x, t, labels) - without)",
                "return model(x, t, labels) + scale * (without - model(x, t, labels))",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="guidance_of_the_paper",
        hint="This scale is 1 less than that of the specification: scale 1 should be the model itself.",
        catches=("test_guidance",),
        changes=(edit(DIFFUSION, "without + scale * (", "without + (1 + scale) * ("),),
        source="Ho & Salimans 2022, equation 6, with w = scale - 1",
    ),
    Mistake(
        name="kept_labels_dropped",
        hint="The labels that should be kept are dropped, and the others kept.",
        catches=("test_guidance",),
        changes=(edit(DIFFUSION, "torch.where(keep, labels,", "torch.where(~keep, labels,"),),
        source="own",
    ),
    Mistake(
        name="labels_changed_in_place",
        hint="The labels that were given are changed.",
        catches=("test_guidance",),
        changes=(
            edit(
                DIFFUSION,
                "return torch.where(keep, labels, torch.full_like(labels, null))",
                "labels[~keep] = null\n    return labels",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="sines_and_cosines_alternate",
        hint="Sines and cosines alternate; all sines should come first.",
        catches=("test_embedding_of_steps",),
        changes=(
            edit(
                DIFFUSION,
                "return torch.cat([angles.sin(), angles.cos()], dim=1)",
                "return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)",
            ),
        ),
        source="torch-alternatives 47",
    ),
    Mistake(
        name="rates_of_the_other_code",
        hint="The exponents are divided by size / 2 - 1; the specification divides 2i by size.",
        catches=("test_embedding_of_steps",),
        changes=(
            edit(
                DIFFUSION,
                "10000 ** (-torch.arange(0, size, 2) / size)",
                "10000 ** (-torch.arange(size // 2) / (size // 2 - 1))",
            ),
        ),
        source="torch-alternatives 47",
    ),
    Mistake(
        name="time_is_ignored",
        hint="The network does not depend on t.",
        catches=("test_denoiser", "test_two_modes_are_learnt"),
        changes=(edit(DIFFUSION, "self.time(embedded))", "0 * self.time(embedded))"),),
        source="torch-student-bugs 199",
    ),
    Mistake(
        name="relu_in_place_of_silu",
        hint="The activation is ReLU; it should be SiLU.",
        catches=("test_denoiser",),
        changes=(
            edit(DIFFUSION, "functional.silu(self.input(x)", "functional.relu(self.input(x)"),
            edit(DIFFUSION, "functional.silu(self.hidden(hidden))", "functional.relu(self.hidden(hidden))"),
        ),
        source="own",
    ),
    Mistake(
        name="sampling_in_a_loop",
        hint="A Python loop over the samples.",
        catches=("test_sampling_in_time",),
        changes=(
            edit(
                DIFFUSION,
                "        mean, _ = posterior(schedule, predicted_x0(schedule, x, t, model(x, t)), x, t)\n",
                "        eps, ones = model(x, t), torch.full((1,), step)\n"
                "        parts = []\n"
                "        for n in range(len(x)):\n"
                "            x0 = predicted_x0(schedule, x[n : n + 1], ones, eps[n : n + 1])\n"
                "            parts.append(posterior(schedule, x0, x[n : n + 1], ones)[0])\n"
                "        mean = torch.cat(parts)\n",
            ),
        ),
        source="own",
    ),
]

MISTAKES = [*GAN_MISTAKES, *EMA_MISTAKES, *DIFFUSION_MISTAKES]
