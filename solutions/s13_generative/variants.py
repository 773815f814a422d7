"""Correct code of s13_generative that differs from the reference; all of it must get full marks."""

from autograder.course.mistakes import Variant, edit, redefine

GAN, EMA, DIFFUSION = "models/gan.py", "models/ema.py", "models/diffusion.py"

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

VARIANTS = [*GAN_VARIANTS, *EMA_VARIANTS, *DIFFUSION_VARIANTS]
