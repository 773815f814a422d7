"""Known mistakes of s13_generative; each must fail the tests that it names in ``catches``."""

from autograder.course.mistakes import Mistake, edit

AUTOENCODERS, REPRESENTATION = "models/autoencoders.py", "models/representation.py"
RBM, VAE = "models/rbm.py", "models/vae.py"
GAN, EMA, DIFFUSION = "models/gan.py", "models/ema.py", "models/diffusion.py"

# --- autoencoders ---

AUTOENCODER_MISTAKES = [
    Mistake(
        name="code_with_activation",
        hint="ReLU follows the code, so codes are never negative; the code should have no activation.",
        catches=("test_autoencoders",),
        changes=(
            edit(
                AUTOENCODERS,
                '        return self.encoder(x)\n        # STUB: raise NotImplementedError("Autoencoder.encode")',
                "        return self.encoder(x).relu()\n"
                '        # STUB: raise NotImplementedError("Autoencoder.encode")',
            ),
        ),
        source="own",
    ),
    Mistake(
        name="output_with_sigmoid",
        hint="A sigmoid follows the output; the output should have no activation.",
        catches=("test_autoencoders",),
        changes=(
            edit(
                AUTOENCODERS,
                '        return self.decoder(code)\n        # STUB: raise NotImplementedError("Autoencoder.decode")',
                "        return self.decoder(code).sigmoid()\n"
                '        # STUB: raise NotImplementedError("Autoencoder.decode")',
            ),
        ),
        source="torch-student-bugs 169",
    ),
    Mistake(
        name="input_beside_the_code",
        hint="The input reaches the output beside the code.",
        catches=("test_autoencoders", "test_noise_is_taken_off"),
        changes=(
            edit(
                AUTOENCODERS,
                "        return self.decode(self.encode(x))\n"
                '        # STUB: raise NotImplementedError("Autoencoder.forward")',
                "        return x + self.decode(self.encode(x))\n"
                '        # STUB: raise NotImplementedError("Autoencoder.forward")',
            ),
        ),
        source="torch-student-bugs 208",
    ),
    Mistake(
        name="linear_autoencoder_with_relu",
        hint="The linear autoencoder has an activation.",
        catches=("test_autoencoders",),
        changes=(edit(AUTOENCODERS, "return self.to_code(x)", "return self.to_code(x).relu()"),),
        source="own",
    ),
    Mistake(
        name="no_relu_between_transposed_convolutions",
        hint="There is no ReLU between the two transposed convolutions.",
        catches=("test_autoencoders",),
        changes=(edit(AUTOENCODERS, "width, 4, 2, 1),\n            nn.ReLU(),\n", "width, 4, 2, 1),\n"),),
        source="own",
    ),
    Mistake(
        name="no_relu_after_the_code",
        hint="There is no ReLU after the decoder's linear layer.",
        catches=("test_autoencoders",),
        changes=(
            edit(
                AUTOENCODERS, "nn.Linear(code_size, count),\n            nn.ReLU(),\n", "nn.Linear(code_size, count),\n"
            ),
        ),
        source="own",
    ),
    Mistake(
        name="height_and_width_exchanged",
        hint="Height and width are exchanged where the code becomes an image again.",
        catches=("test_autoencoders",),
        changes=(
            edit(
                AUTOENCODERS,
                "nn.Unflatten(1, self.small)",
                "nn.Unflatten(1, (self.small[0], self.small[2], self.small[1]))",
            ),
        ),
        source="torch-student-bugs 54",
    ),
    Mistake(
        name="noise_not_scaled",
        hint="The noise is not multiplied by amount.",
        catches=("test_corrupted_inputs",),
        changes=(edit(AUTOENCODERS, "return x + amount * draws", "return x + draws"),),
        source="own",
    ),
    Mistake(
        name="mask_turned_round",
        hint="The elements whose draws are below amount are kept; they should be 0.",
        catches=("test_corrupted_inputs",),
        changes=(
            edit(
                AUTOENCODERS,
                "torch.where(draws < amount, torch.zeros_like(x), x)",
                "torch.where(draws < amount, x, torch.zeros_like(x))",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="masked_and_scaled",
        hint="The elements that are kept are divided by 1 - amount, as dropout does; here they stay as they are.",
        catches=("test_corrupted_inputs",),
        changes=(
            edit(
                AUTOENCODERS,
                "torch.where(draws < amount, torch.zeros_like(x), x)",
                "torch.where(draws < amount, torch.zeros_like(x), x / (1 - amount))",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="corrupted_in_place",
        hint="The clean inputs are changed.",
        catches=("test_corrupted_inputs",),
        changes=(edit(AUTOENCODERS, "return x + amount * draws", "return x.add_(amount * draws)"),),
        source="torch-student-bugs 209",
    ),
    Mistake(
        name="unknown_corruption_is_masking",
        hint="A kind of corruption that does not exist should raise ValueError.",
        catches=("test_what_does_not_exist_is_refused",),
        changes=(edit(AUTOENCODERS, '    if kind == "masking":\n        return', "    if True:\n        return"),),
        source="own",
    ),
    Mistake(
        name="noisy_target",
        hint="The reconstruction is compared with the corrupted inputs; it should be compared with the clean ones.",
        catches=("test_loss_of_reconstructions",),
        changes=(
            edit(
                AUTOENCODERS,
                "functional.mse_loss(model(x if given is None else given), x)",
                "functional.mse_loss(model(x if given is None else given), x if given is None else given)",
            ),
        ),
        source="torch-student-bugs 209",
    ),
    Mistake(
        name="corrupted_inputs_not_used",
        hint="The clean inputs go into the network; the corrupted ones should.",
        catches=("test_loss_of_reconstructions",),
        changes=(
            edit(
                AUTOENCODERS,
                "functional.mse_loss(model(x if given is None else given), x)",
                "functional.mse_loss(model(x), x)",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="loss_summed_over_elements",
        hint="The loss is a sum over the elements of a sample; it should be the mean over all elements.",
        catches=("test_loss_of_reconstructions",),
        changes=(
            edit(
                AUTOENCODERS,
                "functional.mse_loss(model(x if given is None else given), x)",
                "functional.mse_loss(model(x if given is None else given), x) * x.shape[1]",
            ),
        ),
        source="torch-alternatives 61",
    ),
    Mistake(
        name="error_is_a_mean_of_means",
        hint="The error is the mean of the batches' means, which counts small batches too much.",
        catches=("test_error_of_reconstructions",),
        changes=(
            edit(
                AUTOENCODERS,
                'functional.mse_loss(model(x), x, reduction="sum").item()',
                "functional.mse_loss(model(x), x).item()",
            ),
            edit(AUTOENCODERS, "count += x.numel()", "count += 1"),
        ),
        source="own",
    ),
    Mistake(
        name="error_per_sample",
        hint="The error is divided by the number of samples; it should be divided by that of all elements.",
        catches=("test_error_of_reconstructions",),
        changes=(edit(AUTOENCODERS, "count += x.numel()", "count += len(x)"),),
        source="own",
    ),
    Mistake(
        name="error_in_training_mode",
        hint="The error is computed in training mode.",
        catches=("test_error_of_reconstructions",),
        changes=(
            edit(
                AUTOENCODERS,
                "    training = model.training\n    model.eval()\n    total",
                "    training = model.training\n    total",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="mode_not_restored",
        hint="The model stays in evaluation mode.",
        catches=("test_error_of_reconstructions",),
        changes=(edit(AUTOENCODERS, "    model.train(training)\n", ""),),
        source="own",
    ),
    Mistake(
        name="always_training_afterwards",
        hint="The model is always in training mode afterwards; it should be in the mode that it was in.",
        catches=("test_error_of_reconstructions",),
        changes=(edit(AUTOENCODERS, "    model.train(training)\n", "    model.train()\n"),),
        source="own",
    ),
    Mistake(
        name="pca_without_mean",
        hint="The mean is not taken off before the components are computed.",
        catches=("test_principal_components", "test_a_linear_autoencoder_reaches_pca"),
        changes=(edit(REPRESENTATION, "torch.linalg.svd(x - self.mean, full", "torch.linalg.svd(x, full"),),
        source="own",
    ),
    Mistake(
        name="pca_mean_not_added",
        hint="decode does not add the mean again.",
        catches=("test_principal_components",),
        changes=(edit(REPRESENTATION, "return codes @ self.components + self.mean", "return codes @ self.components"),),
        source="own",
    ),
    Mistake(
        name="smallest_variances",
        hint="These are the directions of the smallest variances: eigenvalues come in rising order.",
        catches=("test_principal_components", "test_a_linear_autoencoder_reaches_pca"),
        changes=(edit(REPRESENTATION, "full_matrices=False).Vh[:size]", "full_matrices=False).Vh[-size:]"),),
        source="own",
    ),
    Mistake(
        name="codes_of_unit_variance",
        hint="The codes are divided by their standard deviation (whitening), so decode does not give the data back.",
        catches=("test_principal_components",),
        changes=(
            edit(
                REPRESENTATION,
                "        return (x - self.mean) @ self.components.T\n",
                "        codes = (x - self.mean) @ self.components.T\n        return codes / codes.std(dim=0)\n",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="components_as_columns",
        hint="The components are columns; they should be rows.",
        catches=("test_principal_components",),
        changes=(
            edit(REPRESENTATION, "full_matrices=False).Vh[:size]", "full_matrices=False).Vh[:size].T"),
            edit(REPRESENTATION, "(x - self.mean) @ self.components.T", "(x - self.mean) @ self.components"),
            edit(REPRESENTATION, "codes @ self.components + self.mean", "codes @ self.components.T + self.mean"),
        ),
        source="own",
    ),
    Mistake(
        name="codes_in_training_mode",
        hint="The codes are computed in training mode: batch norm and dropout change them.",
        catches=("test_frozen_codes",),
        changes=(edit(REPRESENTATION, "    model.eval()\n", "    model.train()\n"),),
        source="own",
    ),
    Mistake(
        name="codes_with_gradients",
        hint="The codes require gradients, so that training a probe would train the encoder, too.",
        catches=("test_frozen_codes",),
        changes=(
            edit(
                REPRESENTATION,
                "    with torch.no_grad():\n        codes",
                "    with torch.enable_grad():\n        codes",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="encoder_stays_in_evaluation",
        hint="The encoder stays in evaluation mode.",
        catches=("test_frozen_codes",),
        changes=(edit(REPRESENTATION, "    model.train(training)\n", ""),),
        source="own",
    ),
    Mistake(
        name="bias_penalised",
        hint="The bias is penalised, or the codes are not centred.",
        catches=("test_linear_probe",),
        changes=(
            edit(
                REPRESENTATION,
                "middle, level = codes.mean(dim=0), targets.mean(dim=0)",
                "middle, level = torch.zeros_like(codes[0]), targets.mean(dim=0)",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="penalty_of_the_mean",
        hint="The penalty is multiplied by the number of samples: squares are averaged, and they should be summed.",
        catches=("test_linear_probe",),
        changes=(edit(REPRESENTATION, "+ self.penalty * torch.eye", "+ len(codes) * self.penalty * torch.eye"),),
        source="own",
    ),
    Mistake(
        name="penalty_ignored",
        hint="The penalty has no effect.",
        catches=("test_linear_probe",),
        changes=(edit(REPRESENTATION, "+ self.penalty * torch.eye", "+ 0 * torch.eye"),),
        source="own",
    ),
    Mistake(
        name="classes_of_the_labels",
        hint="There are as many classes as labels occur; there should be as many as classes says.",
        catches=("test_linear_probe",),
        changes=(edit(REPRESENTATION, "functional.one_hot(labels, self.classes)", "functional.one_hot(labels)"),),
        source="own",
    ),
]

# --- Boltzmann machines ---

RBM_MISTAKES = [
    Mistake(
        name="energy_with_other_sign",
        hint="The energy has the opposite sign.",
        catches=("test_energies_and_probabilities",),
        changes=(
            edit(
                RBM,
                "return -((h @ self.weight) * v).sum(dim=1) - v @ self.visible_bias - h @ self.hidden_bias",
                "return ((h @ self.weight) * v).sum(dim=1) + v @ self.visible_bias + h @ self.hidden_bias",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="energy_without_biases",
        hint="The biases are left out of the energy.",
        catches=("test_energies_and_probabilities",),
        changes=(edit(RBM, "* v).sum(dim=1) - v @ self.visible_bias - h @ self.hidden_bias", "* v).sum(dim=1)"),),
        source="own",
    ),
    Mistake(
        name="hidden_probabilities_without_bias",
        hint="The hidden bias is left out of the probabilities.",
        catches=("test_energies_and_probabilities",),
        changes=(
            edit(
                RBM, "return (v @ self.weight.T + self.hidden_bias).sigmoid()", "return (v @ self.weight.T).sigmoid()"
            ),
        ),
        source="own",
    ),
    Mistake(
        name="visible_probabilities_without_bias",
        hint="The visible bias is left out of the probabilities.",
        catches=("test_energies_and_probabilities",),
        changes=(
            edit(RBM, "return (h @ self.weight + self.visible_bias).sigmoid()", "return (h @ self.weight).sigmoid()"),
        ),
        source="own",
    ),
    Mistake(
        name="free_energy_without_visible_bias",
        hint="The visible bias is left out of the free energy.",
        catches=("test_energies_and_probabilities", "test_free_energy_is_the_sum_over_all_hidden_units"),
        changes=(edit(RBM, "return -v @ self.visible_bias - functional", "return -functional"),),
        source="own",
    ),
    Mistake(
        name="free_energy_overflows",
        hint="log(1 + exp(x)) in two steps is infinite for a large x: softplus is not.",
        catches=("test_free_energy_of_large_weights",),
        changes=(
            edit(
                RBM,
                "functional.softplus(v @ self.weight.T + self.hidden_bias).sum(dim=1)",
                "(1 + (v @ self.weight.T + self.hidden_bias).exp()).log().sum(dim=1)",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="free_energy_of_the_mean",
        hint="This is the energy with the mean of h; the free energy sums over all h.",
        catches=("test_free_energy_is_the_sum_over_all_hidden_units",),
        changes=(
            edit(
                RBM,
                "return -v @ self.visible_bias - functional.softplus(v @ self.weight.T + self.hidden_bias).sum(dim=1)",
                "return self.energy(v, self.hidden_probabilities(v))",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="zero_vector_left_out",
        hint="The vector of zeros is left out of the sum over all v.",
        catches=("test_exact_likelihood",),
        changes=(edit(RBM, "numbers = torch.arange(2**size)", "numbers = torch.arange(1, 2**size)"),),
        source="own",
    ),
    Mistake(
        name="likelihood_without_partition",
        hint="log Z is left out of the log likelihood.",
        catches=("test_exact_likelihood",),
        changes=(
            edit(
                RBM,
                "return -rbm.free_energy(v) - log_partition(rbm)",
                "return -rbm.free_energy(v) - log_partition(rbm).detach()",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="units_are_probabilities",
        hint="The units are probabilities; they should be drawn as 0 or 1.",
        catches=("test_gibbs_chain",),
        changes=(
            edit(
                RBM,
                "    h = (hidden_draws < rbm.hidden_probabilities(v)).to(v.dtype)\n",
                "    h = rbm.hidden_probabilities(v)\n",
            ),
        ),
        source="Hinton 2010, section 3",
    ),
    Mistake(
        name="visible_units_are_probabilities",
        hint="The visible units are probabilities; they should be drawn as 0 or 1.",
        catches=("test_gibbs_chain",),
        changes=(
            edit(
                RBM,
                "return (visible_draws < rbm.visible_probabilities(h)).to(v.dtype)",
                "return rbm.visible_probabilities(h)",
            ),
        ),
        source="Hinton 2010, section 3",
    ),
    Mistake(
        name="units_turned_round",
        hint="A unit is 1 where its draw is above its probability; it should be below.",
        catches=("test_gibbs_chain",),
        changes=(edit(RBM, "(hidden_draws < rbm", "(hidden_draws > rbm"),),
        source="own",
    ),
    Mistake(
        name="gradient_with_other_sign",
        hint="The gradient has the opposite sign: it is that of log P(v), and -log P(v) is minimised.",
        catches=("test_contrastive_divergence", "test_long_chains_give_the_exact_gradient"),
        changes=(
            edit(RBM, "(p_chain.T @ chain - p.T @ v) / len(v)", "(p.T @ v - p_chain.T @ chain) / len(v)"),
            edit(RBM, "(chain - v).mean(dim=0)", "(v - chain).mean(dim=0)"),
            edit(RBM, "(p_chain - p).mean(dim=0)", "(p - p_chain).mean(dim=0)"),
        ),
        source="own",
    ),
    Mistake(
        name="gradient_summed_over_the_batch",
        hint="The gradient of the weight is a sum over the batch; it should be the mean.",
        catches=("test_contrastive_divergence",),
        changes=(edit(RBM, "(p_chain.T @ chain - p.T @ v) / len(v)", "(p_chain.T @ chain - p.T @ v)"),),
        source="own",
    ),
    Mistake(
        name="gradients_added_up",
        hint="The gradients are added to what was in grad; they should replace it.",
        catches=("test_contrastive_divergence",),
        changes=(edit(RBM, "rbm.weight.grad = (p_chain", "rbm.weight.grad += (p_chain"),),
        source="own",
    ),
    Mistake(
        name="chain_of_one_step",
        hint="The chain makes one step, however many draws there are.",
        catches=("test_contrastive_divergence",),
        changes=(
            edit(RBM, "for hidden_draws, visible_draws in draws:", "for hidden_draws, visible_draws in draws[:1]:"),
        ),
        source="own",
    ),
    Mistake(
        name="chain_begins_anew",
        hint="Each step begins at the data; it should begin where the last one ended.",
        catches=("test_contrastive_divergence",),
        changes=(edit(RBM, "chain = gibbs_step(rbm, chain, hidden_draws", "chain = gibbs_step(rbm, v, hidden_draws"),),
        source="own",
    ),
    Mistake(
        name="end_of_the_chain_is_drawn",
        hint="At the end of the chain drawn hidden units are used; they should be probabilities.",
        catches=("test_contrastive_divergence",),
        changes=(
            edit(
                RBM,
                "p, p_chain = rbm.hidden_probabilities(v), rbm.hidden_probabilities(chain)",
                "p, p_chain = rbm.hidden_probabilities(v), rbm.hidden_probabilities(chain).round()",
            ),
        ),
        source="Hinton 2010, section 3.3",
    ),
    Mistake(
        name="biases_without_gradient",
        hint="The visible bias has no new gradient.",
        catches=("test_contrastive_divergence",),
        changes=(edit(RBM, "    rbm.visible_bias.grad = (chain - v).mean(dim=0)\n", ""),),
        source="own",
    ),
    Mistake(
        name="large_first_weights",
        hint="The weights begin too large.",
        catches=("test_patterns_are_learnt",),
        changes=(
            edit(RBM, "0.01 * torch.randn(hidden_size, visible_size)", "6.0 * torch.rand(hidden_size, visible_size)"),
        ),
        source="Hinton 2010, section 8",
    ),
    Mistake(
        name="layers_fed_with_data",
        hint="Every layer is trained on the same inputs; a layer should get the probabilities of the layers below.",
        catches=("test_layers_are_trained_one_by_one",),
        changes=(
            edit(
                RBM,
                "contrastive_divergence(rbm, self.up(v, layer), draws)",
                "contrastive_divergence(rbm, self.up(v, layer).round(), draws)",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="layers_below_trained_again",
        hint="The layers below are trained, too; they should stay as they are.",
        catches=("test_layers_are_trained_one_by_one",),
        changes=(
            edit(
                RBM,
                "        for parameter in rbm.parameters():\n            parameter -= learning_rate * parameter.grad\n",
                "        for parameter in self.parameters():\n"
                "            parameter -= learning_rate * (parameter if parameter.grad is None else parameter.grad)\n",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="learning_rate_ignored",
        hint="The step does not use the learning rate.",
        catches=("test_layers_are_trained_one_by_one",),
        changes=(edit(RBM, "parameter -= learning_rate * parameter.grad", "parameter -= parameter.grad"),),
        source="own",
    ),
    Mistake(
        name="one_layer_too_many",
        hint="up goes through one layer too many.",
        catches=("test_deep_belief_net",),
        changes=(edit(RBM, "for rbm in self.rbms[:layers]:", "for rbm in self.rbms[: layers + 1]:"),),
        source="own",
    ),
    Mistake(
        name="down_from_the_lowest",
        hint="down begins with the lowest RBM; it should begin with the highest.",
        catches=("test_deep_belief_net",),
        changes=(
            edit(
                RBM,
                "        for rbm in reversed(self.rbms):\n            h = rbm.visible_probabilities(h)\n"
                "        return h\n",
                "        return self.rbms[-1].visible_probabilities(h)\n",
            ),
        ),
        source="own",
    ),
]

# --- VAE ---

VAE_MISTAKES = [
    Mistake(
        name="variance_in_place_of_deviation",
        hint="The noise is multiplied by exp(log_variance), the variance; it should be exp(log_variance / 2).",
        catches=("test_reparameterisation",),
        changes=(edit(VAE, "mean + (0.5 * log_variance).exp() * noise", "mean + log_variance.exp() * noise"),),
        source="torch-student-bugs 164",
    ),
    Mistake(
        name="log_variance_as_deviation",
        hint="log_variance itself is used as the deviation.",
        catches=("test_reparameterisation",),
        changes=(edit(VAE, "mean + (0.5 * log_variance).exp() * noise", "mean + log_variance * noise"),),
        source="torch-student-bugs 163",
    ),
    Mistake(
        name="no_gradient_through_the_draw",
        hint="No gradient reaches the log variance.",
        catches=("test_reparameterisation",),
        changes=(
            edit(
                VAE,
                "mean + (0.5 * log_variance).exp() * noise",
                "mean + (0.5 * log_variance.detach()).exp() * noise + 0 * log_variance",
            ),
        ),
        source="torch-student-bugs 166",
    ),
    Mistake(
        name="mean_alone",
        hint="The latent variables are the means: the noise is not used.",
        catches=("test_reparameterisation",),
        changes=(edit(VAE, "mean + (0.5 * log_variance).exp() * noise", "mean + 0 * log_variance.exp() * noise"),),
        source="torch-student-bugs 167",
    ),
    Mistake(
        name="kl_without_one",
        hint="The -1 is missing in the KL divergence: between equal distributions it should be 0.",
        catches=("test_divergence_and_likelihoods",),
        changes=(edit(VAE, "log_variance.exp() - 1 - log_variance", "log_variance.exp() - log_variance"),),
        source="torch-student-bugs 163",
    ),
    Mistake(
        name="kl_with_other_sign",
        hint="The KL divergence is negative; it never should be.",
        catches=("test_divergence_and_likelihoods", "test_images_are_learnt"),
        changes=(edit(VAE, "return 0.5 * (mean.square()", "return -0.5 * (mean.square()"),),
        source="torch-student-bugs 163",
    ),
    Mistake(
        name="kl_averaged",
        hint="The KL divergence is averaged over the latent variables; it should be their sum.",
        catches=("test_divergence_and_likelihoods",),
        changes=(edit(VAE, "- 1 - log_variance).sum(dim=1)", "- 1 - log_variance).mean(dim=1)"),),
        source="torch-student-bugs 162",
    ),
    Mistake(
        name="kl_summed_over_the_batch",
        hint="The KL divergence is summed over the batch, too; it should be one number for each sample.",
        catches=("test_divergence_and_likelihoods",),
        changes=(edit(VAE, "- 1 - log_variance).sum(dim=1)", "- 1 - log_variance).sum().expand(len(mean))"),),
        source="torch-student-bugs 162",
    ),
    Mistake(
        name="kl_without_half",
        hint="The KL divergence is twice as large as it should be.",
        catches=("test_divergence_and_likelihoods",),
        changes=(edit(VAE, "return 0.5 * (mean.square()", "return (mean.square()"),),
        source="torch-student-bugs 163",
    ),
    Mistake(
        name="log_variance_read_as_log_deviation",
        hint="The KL divergence takes log_variance for the logarithm of the deviation.",
        catches=("test_divergence_and_likelihoods",),
        changes=(
            edit(VAE, "log_variance.exp() - 1 - log_variance", "(2 * log_variance).exp() - 1 - 2 * log_variance"),
        ),
        source="torch-student-bugs 163",
    ),
    Mistake(
        name="gaussian_without_constant",
        hint="The constant with 2π is missing in the Gaussian density.",
        catches=("test_divergence_and_likelihoods",),
        changes=(edit(VAE, " - 0.5 * math.log(2 * math.pi)).sum(dim=-1)", ").sum(dim=-1)"),),
        source="torch-alternatives 62",
    ),
    Mistake(
        name="gaussian_without_deviation",
        hint="The logarithm of the deviation is missing in the Gaussian density.",
        catches=("test_divergence_and_likelihoods",),
        changes=(edit(VAE, ".square() - std.log() - 0.5", ".square() - 0 * std.log() - 0.5"),),
        source="torch-alternatives 62",
    ),
    Mistake(
        name="one_deviation_for_all",
        hint="All elements have the deviation of the first one.",
        catches=("test_density_with_a_deviation_for_each_element",),
        changes=(
            edit(
                VAE,
                "    std = torch.as_tensor(std, dtype=x.dtype)\n",
                "    std = torch.as_tensor(std, dtype=x.dtype).flatten()[0]\n",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="bernoulli_averaged",
        hint="The likelihood is averaged over the elements of a sample; it should be their sum.",
        catches=("test_divergence_and_likelihoods", "test_images_are_learnt"),
        changes=(edit(VAE, 'reduction="none").sum(dim=-1)', 'reduction="none").mean(dim=-1)'),),
        source="torch-student-bugs 161",
    ),
    Mistake(
        name="likelihood_with_other_sign",
        hint="This is the negative log likelihood.",
        catches=("test_divergence_and_likelihoods",),
        changes=(edit(VAE, "return -functional.binary_cross", "return functional.binary_cross"),),
        source="own",
    ),
    Mistake(
        name="sigmoid_twice",
        hint="The logits go through a sigmoid before the loss, which has one of its own.",
        catches=("test_divergence_and_likelihoods",),
        changes=(
            edit(VAE, "with_logits(logits, x.expand_as(logits)", "with_logits(logits.sigmoid(), x.expand_as(logits)"),
        ),
        source="torch-student-bugs 169",
    ),
    Mistake(
        name="log_of_cut_probabilities",
        hint="Probabilities are computed first and cut off, so that large logits have a wrong likelihood.",
        catches=("test_divergence_and_likelihoods",),
        changes=(
            edit(
                VAE,
                "return -functional.binary_cross_entropy_with_logits(logits, x.expand_as(logits), "
                'reduction="none").sum(dim=-1)',
                "p = logits.sigmoid().clamp(1e-7, 1 - 1e-7)\n"
                "    return (x * p.log() + (1 - x) * (1 - p).log()).sum(dim=-1)",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="log_variance_is_positive",
        hint="softplus makes every log variance positive, so no deviation is below 1.",
        catches=("test_encoder_and_decoder",),
        changes=(
            edit(
                VAE,
                "self.to_mean(hidden), self.to_log_variance(hidden)",
                "self.to_mean(hidden), functional.softplus(self.to_log_variance(hidden))",
            ),
        ),
        source="torch-student-bugs 168",
    ),
    Mistake(
        name="heads_exchanged",
        hint="Mean and log variance are exchanged.",
        catches=("test_encoder_and_decoder",),
        changes=(
            edit(
                VAE,
                "return self.to_mean(hidden), self.to_log_variance(hidden)",
                "return self.to_log_variance(hidden), self.to_mean(hidden)",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="no_tanh_in_the_decoder",
        hint="There is no tanh in the decoder.",
        catches=("test_encoder_and_decoder",),
        changes=(edit(VAE, "self.to_data(self.from_latent(z).tanh())", "self.to_data(self.from_latent(z))"),),
        source="own",
    ),
    Mistake(
        name="decoder_gives_probabilities",
        hint="decode returns probabilities; it should return logits.",
        catches=("test_encoder_and_decoder",),
        changes=(
            edit(
                VAE,
                "return self.to_data(self.from_latent(z).tanh())",
                "return self.to_data(self.from_latent(z).tanh()).sigmoid()",
            ),
        ),
        source="torch-student-bugs 169",
    ),
    Mistake(
        name="samples_are_logits",
        hint="sample returns logits of the Bernoulli decoder; it should return probabilities.",
        catches=("test_encoder_and_decoder",),
        changes=(edit(VAE, 'return output.sigmoid() if self.kind == "bernoulli" else output', "return output"),),
        source="own",
    ),
    Mistake(
        name="std_ignored",
        hint="The Gaussian decoder has a deviation of 1, whatever std says.",
        catches=("test_encoder_and_decoder", "test_elbo"),
        changes=(edit(VAE, "gaussian_log_density(x, output, self.std)", "gaussian_log_density(x, output, 1.0)"),),
        source="torch-alternatives 62",
    ),
    Mistake(
        name="unknown_decoder_is_gaussian",
        hint="A decoder that does not exist should raise ValueError.",
        catches=("test_what_does_not_exist_is_refused",),
        changes=(edit(VAE, 'if decoder not in ("bernoulli", "gaussian"):', "if not decoder:"),),
        source="own",
    ),
    Mistake(
        name="beta_ignored",
        hint="beta has no effect.",
        catches=("test_elbo",),
        changes=(edit(VAE, "- beta * kl_divergence", "- kl_divergence"),),
        source="torch-alternatives 64",
    ),
    Mistake(
        name="beta_of_the_likelihood",
        hint="beta multiplies the likelihood; it should multiply the KL divergence.",
        catches=("test_elbo",),
        changes=(
            edit(
                VAE,
                "return vae.log_likelihood(reparameterised(mean, log_variance, noise), x) - beta *",
                "return beta * vae.log_likelihood(reparameterised(mean, log_variance, noise), x) -",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="kl_added",
        hint="The KL divergence is added to the likelihood; it should be taken off.",
        catches=("test_elbo",),
        changes=(edit(VAE, "x) - beta * kl_divergence", "x) + beta * kl_divergence"),),
        source="torch-student-bugs 163",
    ),
    Mistake(
        name="bound_of_the_mean",
        hint="The bound is computed at the mean of the code; it should be computed at a draw.",
        catches=("test_elbo", "test_bounds_of_an_exact_posterior"),
        changes=(
            edit(
                VAE,
                "vae.log_likelihood(reparameterised(mean, log_variance, noise), x)",
                "vae.log_likelihood(mean + 0 * noise, x)",
            ),
        ),
        source="torch-student-bugs 167",
    ),
    Mistake(
        name="mean_of_logarithms",
        hint="The mean of the logarithms is the plain bound; it should be the logarithm of the mean.",
        catches=("test_importance_weighted_bound",),
        changes=(
            edit(
                VAE,
                "return torch.logsumexp(vae.log_likelihood(z, x) + prior - posterior, dim=0) - math.log(len(noise))",
                "return (vae.log_likelihood(z, x) + prior - posterior).mean(dim=0)",
            ),
        ),
        source="Burda et al. 2016, section 3",
    ),
    Mistake(
        name="sum_of_weights",
        hint="The number of draws is not divided by.",
        catches=("test_importance_weighted_bound",),
        changes=(edit(VAE, "prior - posterior, dim=0) - math.log(len(noise))", "prior - posterior, dim=0)"),),
        source="own",
    ),
    Mistake(
        name="weights_without_logsumexp",
        hint="exp of a small likelihood is 0, and its logarithm is infinite: use logsumexp.",
        catches=("test_importance_weighted_bound",),
        changes=(
            edit(
                VAE,
                "return torch.logsumexp(vae.log_likelihood(z, x) + prior - posterior, dim=0) - math.log(len(noise))",
                "return (vae.log_likelihood(z, x) + prior - posterior).exp().mean(dim=0).log()",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="weights_without_prior",
        hint="The prior is missing in the weights.",
        catches=("test_importance_weighted_bound", "test_bounds_of_an_exact_posterior"),
        changes=(edit(VAE, "vae.log_likelihood(z, x) + prior - posterior", "vae.log_likelihood(z, x) - posterior"),),
        source="own",
    ),
    Mistake(
        name="weights_with_variance",
        hint="The density of the draws is computed with the variance; it should be the deviation.",
        catches=("test_importance_weighted_bound", "test_bounds_of_an_exact_posterior"),
        changes=(
            edit(
                VAE,
                "gaussian_log_density(z, mean, (0.5 * log_variance).exp())",
                "gaussian_log_density(z, mean, log_variance.exp())",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="traversal_of_another_axis",
        hint="The first latent variable is replaced, whatever axis says.",
        catches=("test_traversals",),
        changes=(edit(VAE, "rows[:, axis] = ", "rows[:, 0] = "),),
        source="own",
    ),
    Mistake(
        name="traversal_adds_the_values",
        hint="The values are added to the latent variable; they should replace it.",
        catches=("test_traversals",),
        changes=(edit(VAE, "rows[:, axis] = ", "rows[:, axis] += "),),
        source="own",
    ),
    Mistake(
        name="traversal_changes_z",
        hint="The latent variables that were given are changed.",
        catches=("test_traversals",),
        changes=(
            edit(
                VAE,
                "    rows = z.repeat(len(values), 1)\n",
                "    rows = z.repeat(len(values), 1)\n    z[axis] = values[-1]\n",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="traversal_from_zero",
        hint="The other latent variables are 0; they should be those of z.",
        catches=("test_traversals",),
        changes=(edit(VAE, "rows = z.repeat(len(values), 1)", "rows = 0 * z.repeat(len(values), 1)"),),
        source="own",
    ),
]

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

MISTAKES = [*AUTOENCODER_MISTAKES, *RBM_MISTAKES, *VAE_MISTAKES, *GAN_MISTAKES, *EMA_MISTAKES, *DIFFUSION_MISTAKES]
