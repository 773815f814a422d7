"""Correct code of s13_generative that differs from the reference; all of it must get full marks."""

from autograder.course.mistakes import Variant, edit, redefine

AUTOENCODERS, REPRESENTATION = "models/autoencoders.py", "models/representation.py"
RBM, VAE = "models/rbm.py", "models/vae.py"
GAN, EMA, DIFFUSION = "models/gan.py", "models/ema.py", "models/diffusion.py"

# --- autoencoders ---

AUTOENCODER_VARIANTS = [
    Variant(
        name="layers_as_attributes",
        why="Layers as attributes, activations as functions, the encoder inside forward.",
        changes=(
            redefine(
                AUTOENCODERS,
                """
class Autoencoder(nn.Module):
    def __init__(self, data_size, hidden_size, code_size):
        super().__init__()
        self.a = nn.Linear(data_size, hidden_size)
        self.b = nn.Linear(hidden_size, code_size)
        self.c = nn.Linear(code_size, hidden_size)
        self.d = nn.Linear(hidden_size, data_size)

    def encode(self, x):
        return self.b(functional.relu(self.a(x)))

    def decode(self, code):
        return self.d(functional.relu(self.c(code)))

    def forward(self, x):
        return self.d(functional.relu(self.c(self.b(functional.relu(self.a(x))))))
""",
            ),
        ),
    ),
    Variant(
        name="masks_by_multiplication",
        why="A mask of 0 and 1 times x, the loss by hand.",
        changes=(
            edit(
                AUTOENCODERS,
                "return torch.where(draws < amount, torch.zeros_like(x), x)",
                "return x * (draws >= amount).to(x.dtype)",
            ),
            edit(
                AUTOENCODERS,
                "return functional.mse_loss(model(x if given is None else given), x)",
                "difference = model(x if given is None else given) - x\n    return (difference * difference).mean()",
            ),
        ),
    ),
    Variant(
        name="components_by_eigenvectors",
        why="Eigenvectors of the covariance, the largest eigenvalues first.",
        changes=(
            edit(
                REPRESENTATION,
                "self.components = torch.linalg.svd(x - self.mean, full_matrices=False).Vh[:size]",
                "centred = x - self.mean\n"
                "        vectors = torch.linalg.eigh(centred.T @ centred / (len(x) - 1)).eigenvectors\n"
                "        self.components = vectors.flip(1)[:, :size].T",
            ),
        ),
    ),
    Variant(
        name="probe_by_augmented_least_squares",
        why="A column of ones for the bias, the penalty as further rows, solved by lstsq.",
        changes=(
            redefine(
                REPRESENTATION,
                """
class LinearProbe(LinearProbe):
    def fit(self, codes, labels):
        n, size = codes.shape
        targets = functional.one_hot(labels, num_classes=self.classes).to(codes.dtype)
        ones = torch.ones(n, 1, dtype=codes.dtype)
        more = self.penalty**0.5 * torch.eye(size, size + 1, dtype=codes.dtype)
        rows = torch.cat([torch.cat([codes, ones], dim=1), more])
        goal = torch.cat([targets, torch.zeros(size, self.classes, dtype=codes.dtype)])
        found = torch.linalg.lstsq(rows, goal).solution
        self.weight, self.bias = found[:-1].T, found[-1]
        return self
""",
            ),
        ),
    ),
    Variant(
        name="inference_mode",
        why="inference_mode in place of no_grad, and copies at the end.",
        changes=(
            edit(
                REPRESENTATION,
                "    with torch.no_grad():\n        codes = [encode(x) for x in batches]\n",
                "    with torch.inference_mode():\n        codes = [encode(x) for x in batches]\n"
                "    codes = [one.clone() for one in codes]\n",
            ),
        ),
    ),
]

# --- Boltzmann machines ---

RBM_VARIANTS = [
    Variant(
        name="linear_functions",
        why="functional.linear and einsum in place of products of matrices; logaddexp in place of softplus.",
        changes=(
            edit(
                RBM,
                "return (v @ self.weight.T + self.hidden_bias).sigmoid()",
                "return torch.sigmoid(functional.linear(v, self.weight, self.hidden_bias))",
            ),
            edit(
                RBM,
                "return -((h @ self.weight) * v).sum(dim=1) - v @ self.visible_bias - h @ self.hidden_bias",
                'return -torch.einsum("nh,hv,nv->n", h, self.weight, v) - (v * self.visible_bias).sum(1) '
                "- (h * self.hidden_bias).sum(1)",
            ),
            edit(
                RBM,
                "functional.softplus(v @ self.weight.T + self.hidden_bias).sum(dim=1)",
                "torch.logaddexp(inputs := v @ self.weight.T + self.hidden_bias, torch.zeros_like(inputs)).sum(dim=1)",
            ),
        ),
    ),
    Variant(
        name="every_vector_by_product",
        why="All vectors by itertools.product, in another order.",
        changes=(
            edit(
                RBM,
                "    numbers = torch.arange(2**size)\n"
                "    every = ((numbers[:, None] >> torch.arange(size)) & 1).to(rbm.weight.dtype)\n",
                "    import itertools\n\n"
                "    every = torch.tensor(list(itertools.product([0.0, 1.0], repeat=size)), dtype=rbm.weight.dtype)\n",
            ),
        ),
    ),
    Variant(
        name="gradients_of_the_free_energy",
        why="The gradient of F(v) - F(v_k) by autograd, which is that of contrastive divergence.",
        changes=(
            edit(
                RBM,
                "    p, p_chain = rbm.hidden_probabilities(v), rbm.hidden_probabilities(chain)\n"
                "    rbm.weight.grad = (p_chain.T @ chain - p.T @ v) / len(v)\n"
                "    rbm.visible_bias.grad = (chain - v).mean(dim=0)\n"
                "    rbm.hidden_bias.grad = (p_chain - p).mean(dim=0)\n",
                "    with torch.enable_grad():\n"
                "        difference = rbm.free_energy(v).mean() - rbm.free_energy(chain).mean()\n"
                "        parameters = list(rbm.parameters())\n"
                "        for parameter, gradient in zip(parameters, torch.autograd.grad(difference, parameters)):\n"
                "            parameter.grad = gradient\n",
            ),
        ),
    ),
    Variant(
        name="gradients_by_outer_products",
        why="Outer products of each sample, averaged.",
        changes=(
            edit(
                RBM,
                "(p_chain.T @ chain - p.T @ v) / len(v)",
                "(p_chain[:, :, None] * chain[:, None] - p[:, :, None] * v[:, None]).mean(dim=0)",
            ),
        ),
    ),
]

# --- VAE ---

VAE_VARIANTS = [
    Variant(
        name="deviation_as_a_root",
        why="The deviation as the root of the variance, the KL divergence of torch.distributions.",
        changes=(
            edit(VAE, "mean + (0.5 * log_variance).exp() * noise", "mean + log_variance.exp().sqrt() * noise"),
            edit(
                VAE,
                "return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1)",
                "ours = torch.distributions.Normal(mean, torch.exp(log_variance / 2))\n"
                "    prior = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))\n"
                "    return torch.distributions.kl_divergence(ours, prior).sum(1)",
            ),
        ),
    ),
    Variant(
        name="likelihoods_of_logsigmoid",
        why="The Bernoulli likelihood by logsigmoid, the Gaussian one by torch.distributions.",
        changes=(
            edit(
                VAE,
                "return -functional.binary_cross_entropy_with_logits(logits, x.expand_as(logits), "
                'reduction="none").sum(dim=-1)',
                "return (x * functional.logsigmoid(logits) + (1 - x) * functional.logsigmoid(-logits)).sum(dim=-1)",
            ),
            edit(
                VAE,
                "return (-0.5 * ((x - mean) / std).square() - std.log() - 0.5 * math.log(2 * math.pi)).sum(dim=-1)",
                "return torch.distributions.Normal(mean, std).log_prob(x).sum(dim=-1)",
            ),
        ),
    ),
    Variant(
        name="terms_in_another_order",
        why="The terms of the bound in another order.",
        changes=(
            edit(
                VAE,
                "return vae.log_likelihood(reparameterised(mean, log_variance, noise), x) - beta * "
                "kl_divergence(mean, log_variance)",
                "divergence = kl_divergence(mean, log_variance)\n"
                "    return -(beta * divergence - vae.log_likelihood(reparameterised(mean, log_variance, noise), x))",
            ),
        ),
    ),
    Variant(
        name="bound_in_a_loop",
        why="The weights of one draw after another, the largest taken off before exp; the ratio from the noise itself.",
        changes=(
            redefine(
                VAE,
                """
def importance_weighted_bound(vae, x, noise):
    mean, log_variance = vae.encode(x)
    weights = []
    for draw in noise:
        z = mean + torch.exp(log_variance / 2) * draw
        ratio = -0.5 * (z**2 - draw**2 - log_variance).sum(dim=1)
        weights.append(vae.log_likelihood(z, x) + ratio)
    weights = torch.stack(weights)
    most = weights.max(dim=0).values
    return most + (weights - most).exp().mean(dim=0).log()
""",
            ),
        ),
    ),
    Variant(
        name="traversal_row_by_row",
        why="One copy of z for each value, decoded one by one.",
        changes=(
            edit(
                VAE,
                "    rows = z.repeat(len(values), 1)\n"
                "    rows[:, axis] = torch.as_tensor(values, dtype=z.dtype)\n"
                "    return vae.sample(rows)\n",
                "    found = []\n"
                "    for value in values:\n"
                "        one = z.clone()\n"
                "        one[axis] = value\n"
                "        found.append(vae.sample(one[None])[0])\n"
                "    return torch.stack(found)\n",
            ),
        ),
    ),
]

# --- GAN ---

GAN_VARIANTS = [
    Variant(
        name="losses_with_labels",
        why="binary_cross_entropy_with_logits with labels of 1 and 0, and the minimax loss as its negative.",
        changes=(
            redefine(
                GAN,
                """
def discriminator_loss(real_logits, fake_logits):
    of_real = functional.binary_cross_entropy_with_logits(real_logits, torch.ones_like(real_logits))
    return of_real + functional.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))


def generator_loss(fake_logits, kind="non-saturating"):
    if kind not in ("non-saturating", "minimax"):
        raise ValueError(kind)
    if kind == "minimax":
        return -functional.binary_cross_entropy_with_logits(fake_logits, torch.zeros_like(fake_logits))
    return functional.binary_cross_entropy_with_logits(fake_logits, torch.ones_like(fake_logits))
""",
            ),
        ),
    ),
    Variant(
        name="losses_with_logsigmoid",
        why="logsigmoid of the logits and of their negatives.",
        changes=(
            edit(
                GAN,
                "return functional.softplus(-real_logits).mean() + functional.softplus(fake_logits).mean()",
                "return -functional.logsigmoid(real_logits).mean() - functional.logsigmoid(-fake_logits).mean()",
            ),
            edit(
                GAN,
                "        return -functional.softplus(fake_logits).mean()",
                "        return functional.logsigmoid(-fake_logits).mean()",
            ),
        ),
    ),
    Variant(
        name="layers_by_name",
        why="Layers as attributes, activations as functions, squeeze in place of an index.",
        changes=(
            redefine(
                GAN,
                """
class Discriminator(nn.Module):
    def __init__(self, data_size, hidden_size):
        super().__init__()
        self.first = nn.Linear(data_size, hidden_size)
        self.second = nn.Linear(hidden_size, hidden_size)
        self.last = nn.Linear(hidden_size, 1)

    def forward(self, x):
        hidden = functional.leaky_relu(self.first(x), 0.2)
        return self.last(functional.leaky_relu(self.second(hidden), 0.2)).squeeze(-1)
""",
            ),
        ),
    ),
    Variant(
        name="penalty_with_grad_outputs",
        why="grad_outputs of ones in place of a sum, the norm by hand.",
        changes=(
            edit(
                GAN,
                "    (gradient,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)\n"
                "    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()\n",
                "    logits = discriminator(x)\n"
                "    gradient = torch.autograd.grad(\n"
                "        outputs=logits, inputs=x, grad_outputs=torch.ones_like(logits), create_graph=True, "
                "retain_graph=True\n"
                "    )[0].reshape(len(x), -1)\n"
                "    return ((gradient.pow(2).sum(1).sqrt() - 1) ** 2).mean()\n",
            ),
        ),
    ),
    Variant(
        name="penalty_by_lerp",
        why="The points between by lerp, without detach: x requires gradients by itself.",
        changes=(
            edit(
                GAN,
                "    x = (mix * real + (1 - mix) * fake).detach().requires_grad_()\n",
                "    x = torch.lerp(fake.detach(), real.detach(), mix).requires_grad_(True)\n",
            ),
        ),
    ),
    Variant(
        name="discriminator_frozen_in_the_generators_step",
        why="requires_grad of the discriminator is switched off for the generator's step, and on again.",
        changes=(
            edit(
                GAN,
                "    loss = generator_loss(discriminator(generator(noise)), kind)\n"
                "    parameters = list(generator.parameters())\n"
                "    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):\n"
                "        parameter.grad = gradient\n"
                "    optimiser.step()\n",
                "    before = [of.requires_grad for of in discriminator.parameters()]\n"
                "    discriminator.requires_grad_(False)\n"
                "    loss = generator_loss(discriminator(generator(noise)), kind)\n"
                "    optimiser.zero_grad()\n"
                "    loss.backward()\n"
                "    optimiser.step()\n"
                "    for of, value in zip(discriminator.parameters(), before):\n"
                "        of.requires_grad_(value)\n",
            ),
        ),
    ),
    Variant(
        name="gradients_put_back",
        why="The discriminator's gradients are kept during the generator's step and put back.",
        changes=(
            edit(
                GAN,
                "    parameters = list(generator.parameters())\n"
                "    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):\n"
                "        parameter.grad = gradient\n",
                "    kept = [None if of.grad is None else of.grad.clone() for of in discriminator.parameters()]\n"
                "    optimiser.zero_grad(set_to_none=False)\n"
                "    loss.backward()\n"
                "    for of, gradient in zip(discriminator.parameters(), kept):\n"
                "        of.grad = gradient\n",
            ),
        ),
    ),
    Variant(
        name="detached_and_in_one_batch",
        why="The discriminator sees real and generated samples in one batch; the samples are detached.",
        changes=(
            edit(
                GAN,
                "    with torch.no_grad():\n        fake = generator(noise)\n"
                "    loss = discriminator_loss(discriminator(real), discriminator(fake))\n",
                "    fake = generator(noise).detach()\n"
                "    logits = discriminator(torch.cat([real, fake]))\n"
                "    loss = discriminator_loss(logits[: len(real)], logits[len(real) :])\n",
            ),
        ),
    ),
    Variant(
        name="counts_by_comparison",
        why="Distances by hand, counts by a comparison with each mode.",
        changes=(
            edit(
                GAN,
                "    distances, nearest = torch.cdist(samples, modes).min(dim=1)\n"
                "    counts = torch.bincount(nearest[distances <= radius], minlength=len(modes))\n"
                "    return counts, counts.sum().item() / len(samples)\n",
                "    distances = (samples[:, None] - modes[None]).norm(dim=2)\n"
                "    nearest = distances.argmin(dim=1)\n"
                "    near = distances.gather(1, nearest[:, None])[:, 0] <= radius\n"
                "    counts = torch.stack([((nearest == k) & near).sum() for k in range(len(modes))])\n"
                "    return counts, float(near.double().mean())\n",
            ),
        ),
    ),
]

# --- averages of weights ---

EMA_VARIANTS = [
    Variant(
        name="average_in_a_copy_of_the_model",
        why="The average is a deep copy of the model; weights are exchanged by state dictionaries.",
        changes=(
            redefine(
                EMA,
                """
import copy


class EMA:
    def __init__(self, model, decay=0.99, warm_up=False):
        if decay < 0 or decay >= 1:
            raise ValueError("decay")
        self.copy = copy.deepcopy(model).requires_grad_(False)
        self.decay, self.warm_up, self.number = decay, warm_up, 0

    def update(self, model):
        d = self.decay
        if self.warm_up:
            d = min(d, (1 + self.number) / (10 + self.number))
        self.number += 1
        with torch.no_grad():
            for a, p in zip(self.copy.parameters(), model.parameters()):
                a.lerp_(p, 1 - d)
            for a, b in zip(self.copy.buffers(), model.buffers()):
                a.copy_(b)

    @contextmanager
    def applied(self, model):
        own = copy.deepcopy(model.state_dict())
        model.load_state_dict(self.copy.state_dict())
        try:
            yield model
        finally:
            model.load_state_dict(own)
""",
            ),
        ),
    ),
    Variant(
        name="average_by_names",
        why="Averages in a dictionary by the names of the state dictionary; the data of the parameters are exchanged.",
        changes=(
            redefine(
                EMA,
                """
class EMA:
    def __init__(self, model, decay=0.99, warm_up=False):
        if not 0 <= decay < 1:
            raise ValueError("decay")
        self.values = {name: of.detach().clone() for name, of in model.state_dict().items()}
        self.decay, self.warm_up, self.n = decay, warm_up, 0

    def update(self, model):
        d = min(self.decay, (1 + self.n) / (10 + self.n)) if self.warm_up else self.decay
        self.n += 1
        names = {name for name, _ in model.named_parameters()}
        for name, of in model.state_dict().items():
            self.values[name] = d * self.values[name] + (1 - d) * of.detach() if name in names else of.detach().clone()

    @contextmanager
    def applied(self, model):
        own = {name: of.detach().clone() for name, of in model.state_dict().items()}
        model.load_state_dict(self.values)
        try:
            yield model
        finally:
            model.load_state_dict(own)
""",
            ),
        ),
    ),
]

# --- diffusion ---

DIFFUSION_VARIANTS = [
    Variant(
        name="sampling_by_the_noise",
        why="The mean of a step by the formula with ε, without x_0 (Ho et al., algorithm 2).",
        changes=(
            edit(
                DIFFUSION,
                "        mean, _ = posterior(schedule, predicted_x0(schedule, x, t, model(x, t)), x, t)\n",
                "        share = schedule.betas[step] / (1 - schedule.alpha_bars[step]).sqrt()\n"
                "        mean = (x - share * model(x, t)) / schedule.alphas[step].sqrt()\n",
            ),
        ),
    ),
    Variant(
        name="noise_times_zero",
        why="The last step multiplies its noise by 0.",
        changes=(
            edit(
                DIFFUSION,
                "x = mean if step == 0 else mean + spread[step] * noises[step]",
                "x = mean + (spread[step] if step > 0 else 0.0) * noises[step]",
            ),
        ),
    ),
    Variant(
        name="schedule_in_numpy_style",
        why="Products in a loop over the steps, roots by powers.",
        changes=(
            edit(
                DIFFUSION,
                "        self.alpha_bars = self.alphas.cumprod(0)\n",
                "        bars = [self.alphas[: t + 1].prod() for t in range(len(self.alphas))]\n"
                "        self.alpha_bars = torch.stack(bars)\n",
            ),
            edit(
                DIFFUSION,
                "torch.cat([torch.ones(1, dtype=torch.float64), self.alpha_bars[:-1]])",
                "self.alpha_bars / self.alphas",
            ),
        ),
    ),
    Variant(
        name="linear_by_hand",
        why="The linear schedule from the numbers of the steps.",
        changes=(
            edit(
                DIFFUSION,
                "return torch.linspace(first, last, steps, dtype=torch.float64) * (1000 / steps)",
                "scale = 1000 / steps\n"
                "    places = torch.arange(steps, dtype=torch.float64) / (steps - 1)\n"
                "    return scale * first + (last - first) * scale * places",
            ),
        ),
    ),
    Variant(
        name="coefficients_by_gather",
        why="Coefficients by gather and view; rows with expand.",
        changes=(
            edit(
                DIFFUSION,
                "return values[t].to(x.dtype).reshape(-1, *[1] * (x.ndim - 1))",
                "found = values.gather(0, t).to(x.dtype)\n"
                "        while found.ndim < x.ndim:\n"
                "            found = found.unsqueeze(-1)\n"
                "        return found.expand_as(x)",
            ),
        ),
    ),
    Variant(
        name="loss_by_hand",
        why="The mean of squares without mse_loss.",
        changes=(
            edit(
                DIFFUSION,
                "return functional.mse_loss(model(q_sample(schedule, x0, t, noise), t), noise)",
                "return (noise - model(q_sample(schedule, x0, t, noise), t)).pow(2).flatten(1).mean(dim=1).mean()",
            ),
        ),
    ),
    Variant(
        name="ddim_by_pairs",
        why="Pairs of steps that end at -1, where ᾱ is 1.",
        changes=(
            edit(
                DIFFUSION,
                "        x = predicted_x0(schedule, x, t, eps)\n"
                "        if place + 1 < len(times):\n"
                "            x = q_sample(schedule, x, torch.full_like(t, times[place + 1]), eps)\n",
                "        after = times[place + 1] if place + 1 < len(times) else -1\n"
                "        bar = schedule.alpha_bars[after] if after >= 0 else torch.ones((), dtype=torch.float64)\n"
                "        x = bar.sqrt() * predicted_x0(schedule, x, t, eps) + (1 - bar).sqrt() * eps\n",
            ),
        ),
    ),
    Variant(
        name="times_by_linspace",
        why="The steps by linspace, rounded.",
        changes=(
            edit(
                DIFFUSION,
                "return [round((steps - 1) * (count - 1 - place) / (count - 1)) for place in range(count)]",
                "return [round(of) for of in torch.linspace(steps - 1, 0, count, dtype=torch.float64).tolist()]",
            ),
        ),
    ),
    Variant(
        name="guidance_in_one_batch",
        why="One call with both labels in a batch of twice the size.",
        changes=(
            edit(
                DIFFUSION,
                "        without = model(x, t, torch.full_like(labels, null))\n"
                "        return without + scale * (model(x, t, labels) - without)\n",
                "        both = torch.cat([labels, torch.full_like(labels, null)])\n"
                "        with_labels, without = model(torch.cat([x, x]), torch.cat([t, t]), both).chunk(2)\n"
                "        return scale * with_labels + (1 - scale) * without\n",
            ),
        ),
    ),
    Variant(
        name="embedding_with_logarithms",
        why="Rates by exp and a logarithm, angles by outer; x and e(t) through one layer each.",
        changes=(
            edit(
                DIFFUSION,
                "    rates = 10000 ** (-torch.arange(0, size, 2) / size)\n    angles = t[:, None] * rates\n",
                "    rates = torch.exp(-math.log(10000) * torch.arange(size // 2) / (size // 2))\n"
                "    angles = torch.outer(t.float(), rates)\n",
            ),
        ),
    ),
]

VARIANTS = [*AUTOENCODER_VARIANTS, *RBM_VARIANTS, *VAE_VARIANTS, *GAN_VARIANTS, *EMA_VARIANTS, *DIFFUSION_VARIANTS]
