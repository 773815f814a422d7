"""How the tests call ``models``: plain data in, named plain data out."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray

_MODULE_OF = {
    "gan": ("Generator", "Discriminator"),
    "diffusion": ("Denoiser",),
}


def _made(name: str, settings: dict[str, Any], seed: int) -> Any:
    """A new module in float64 whose ``parameters()``, in their order, have the numbers of the seed."""
    import importlib

    import torch

    torch.manual_seed(seed)
    module = next(module for module, names in _MODULE_OF.items() if name in names)
    made = getattr(importlib.import_module(f"models.{module}"), name)(**settings).double()
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for parameter in made.parameters():
            draws = rng.standard_normal(tuple(parameter.shape))
            if parameter.ndim > 1:
                draws *= 1.5 / np.sqrt(parameter.shape[-1])
            parameter.copy_(torch.from_numpy(draws))
    return made


def _numpy(tensor: Any) -> Array:
    return tensor.detach().numpy().copy()


def _tensor(values: Any) -> Any:
    import torch

    return torch.from_numpy(np.array(values))


def _grads(made: Any) -> list[Array]:
    """Gradients of ``parameters()`` as flat arrays, without gradient: empty."""
    return [np.zeros(0) if of.grad is None else _numpy(of.grad).reshape(-1) for of in made.parameters()]


def _state(made: Any) -> list[Array]:
    return [_numpy(of) for of in made.parameters()]


def _raised(call: Any) -> str:
    """The name of the exception that is asked for, or "nothing"."""
    try:
        call()
    except ValueError:
        return "ValueError"
    return "nothing"


def parameter_shapes(*, name: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Shapes of ``parameters()``, in their order."""
    return {"shapes": [list(of.shape) for of in _made(name, settings, 0).parameters()]}


def module(*, name: str, settings: dict[str, Any], seed: int, inputs: list[Array]) -> dict[str, Any]:
    """A network with given weights: output; for an upstream gradient, ``grads_x`` and ``grads``."""
    made = _made(name, settings, seed)
    given = [_tensor(x) for x in inputs]
    for x in given:
        if x.is_floating_point():
            x.requires_grad_()
    result = made(*given)
    result.backward(_tensor(np.random.default_rng(seed + 1).standard_normal(tuple(result.shape))))
    return {
        "output": _numpy(result),
        "grads_x": [_numpy(x.grad) for x in given if x.requires_grad],
        "grads": _grads(made),
    }


# ---- GAN ----


def gan_losses(*, real: Array, fake: Array) -> dict[str, Any]:
    """The three losses of given logits, and their gradients."""
    from models.gan import discriminator_loss, generator_loss

    found: dict[str, Any] = {}
    for name in ("discriminator", "non-saturating", "minimax"):
        of_real, of_fake = _tensor(real).requires_grad_(), _tensor(fake).requires_grad_()
        loss = discriminator_loss(of_real, of_fake) if name == "discriminator" else generator_loss(of_fake, name)
        loss.backward()
        found[name] = _numpy(loss)
        found[f"{name}_grad_fake"] = _numpy(of_fake.grad)
        if name == "discriminator":
            found["discriminator_grad_real"] = _numpy(of_real.grad)
    return found


def unknown_kinds() -> dict[str, Any]:
    """What happens for a loss and a variance that do not exist, impossible numbers of steps, and impossible decays."""
    import torch
    from models.diffusion import Schedule, ddim_times, ddpm_sample, linear_betas
    from models.ema import EMA
    from models.gan import generator_loss

    schedule = Schedule(linear_betas(4))
    calls = {
        "generator_loss": lambda: generator_loss(torch.zeros(3), "saturating"),
        "variance": lambda: ddpm_sample(lambda x, t: x, schedule, torch.zeros(5, 2, 3), "learned"),
        "one_time": lambda: ddim_times(10, 1),
        "too_many_times": lambda: ddim_times(10, 11),
        "decay_1": lambda: EMA(torch.nn.Linear(2, 2), 1.0),
        "negative_decay": lambda: EMA(torch.nn.Linear(2, 2), -0.1),
    }
    return {name: _raised(call) for name, call in calls.items()}


def penalty(*, real: Array, fake: Array, mix: Array, seed: int) -> dict[str, Any]:
    """gradient_penalty of a small network with smooth activations, and its gradients with respect to the parameters."""
    import torch
    from models.gan import gradient_penalty

    torch.manual_seed(seed)
    network = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(real[0].size, 5), torch.nn.Softplus(), torch.nn.Linear(5, 1)
    ).double()
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(_tensor(rng.standard_normal(tuple(parameter.shape))))
    of_real, of_fake = _tensor(real), _tensor(fake)
    found = gradient_penalty(lambda x: network(x)[:, 0], of_real, of_fake, _tensor(mix))
    result = {"penalty": _numpy(found)}
    found.backward()
    return result | {
        "grads": _grads(network)[:-1],  # the last bias has no influence
        "inputs_unchanged": bool(np.array_equal(of_real.numpy(), real) and np.array_equal(of_fake.numpy(), fake)),
    }


def linear_penalty(*, weight: Array, real: Array, fake: Array, mix: Array) -> dict[str, Any]:
    """gradient_penalty where the logit is the sum of weight times x."""
    from models.gan import gradient_penalty

    weight_ = _tensor(weight)
    found = gradient_penalty(lambda x: (x * weight_).flatten(1).sum(dim=1), _tensor(real), _tensor(fake), _tensor(mix))
    return {"penalty": _numpy(found)}


def _pair(sizes: dict[str, int], seed: int) -> tuple[Any, Any]:
    latent, hidden, data = sizes["latent_size"], sizes["hidden_size"], sizes["data_size"]
    generator = _made("Generator", {"latent_size": latent, "hidden_size": hidden, "data_size": data}, seed)
    return generator, _made("Discriminator", {"data_size": data, "hidden_size": hidden + 1}, seed + 1)


def _optimiser(network: Any, name: str) -> Any:
    import torch

    made: Any = torch.optim.SGD(network.parameters(), lr=0.1)
    return torch.optim.Adam(network.parameters(), lr=0.01) if name == "adam" else made


def _left_gradients(network: Any, seed: int) -> list[Array]:
    """Give every parameter a gradient, as an earlier step leaves one behind; the gradients."""
    rng = np.random.default_rng(seed)
    for parameter in network.parameters():
        parameter.grad = _tensor(rng.standard_normal(tuple(parameter.shape)))
    return [_numpy(of.grad) for of in network.parameters()]


def gan_steps(
    *,
    which: str,
    sizes: dict[str, int],
    seed: int,
    optimiser: str,
    noises: Array,
    reals: Array | None = None,
    mixes: Array | None = None,
    weight: float = 0.0,
    kind: str = "non-saturating",
) -> dict[str, Any]:
    """Steps of one of the two networks, from gradients that an earlier step left behind.

    Returns:
        losses: one a step; parameters: of the network after the steps; other_unchanged: parameters, gradients and
        ``requires_grad`` of the other network; requires_grad: of the network's own parameters.
    """
    from models.gan import discriminator_step, generator_step

    generator, discriminator = _pair(sizes, seed)
    own, other = (generator, discriminator) if which == "generator" else (discriminator, generator)
    made = _optimiser(own, optimiser)
    _left_gradients(own, seed + 2)
    gradients, before = _left_gradients(other, seed + 3), _state(other)
    losses = []
    for number, noise in enumerate(noises):
        if which == "generator":
            loss = generator_step(generator, discriminator, made, _tensor(noise), kind)
        else:
            assert reals is not None
            mix = None if mixes is None else _tensor(mixes[number])
            loss = discriminator_step(
                generator, discriminator, made, _tensor(reals[number]), _tensor(noise), weight, mix
            )
        losses.append(float(loss))
    after = [of.grad for of in other.parameters()]
    return {
        "losses": losses,
        "parameters": _state(own),
        "other_parameters_unchanged": all(map(np.array_equal, before, _state(other))),
        "other_gradients_unchanged": all(
            of is not None and np.array_equal(of.numpy(), gradient)
            for of, gradient in zip(after, gradients, strict=True)
        ),
        "requires_grad": all(of.requires_grad for of in [*own.parameters(), *other.parameters()]),
    }


def coverage(*, samples: Array, modes: Array, radius: float) -> dict[str, Any]:
    """Counts and share of mode_coverage."""
    from models.gan import mode_coverage

    counts, share = mode_coverage(_tensor(samples), _tensor(modes), radius)
    return {"counts": _numpy(counts).astype(np.int64), "share": float(share)}


def gan_of_a_gaussian(*, mean: float, std: float, steps: int, seed: int) -> dict[str, Any]:
    """A GAN of one number, trained with both steps and an average of the generator's weights: samples."""
    import torch
    from models.ema import EMA
    from models.gan import Discriminator, Generator, discriminator_step, generator_step

    torch.manual_seed(seed)
    draws = torch.Generator().manual_seed(seed)
    generator, discriminator = Generator(4, 24, 1), Discriminator(1, 24)
    of_generator = torch.optim.Adam(generator.parameters(), lr=2e-3, betas=(0.5, 0.9))
    of_discriminator = torch.optim.Adam(discriminator.parameters(), lr=2e-3, betas=(0.5, 0.9))
    average = EMA(generator, 0.99)
    for _ in range(steps):
        real = mean + std * torch.randn(96, 1, generator=draws)
        discriminator_step(generator, discriminator, of_discriminator, real, torch.randn(96, 4, generator=draws))
        generator_step(generator, discriminator, of_generator, torch.randn(96, 4, generator=draws))
        average.update(generator)
    with torch.no_grad(), average.applied(generator):
        samples = generator(torch.randn(4000, 4, generator=draws))
    return {"mean": float(samples.mean()), "std": float(samples.std())}


# ---- Average of weights ----


def _with_buffers(values: list[float]) -> Any:
    import torch

    network = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)).double()
    with torch.no_grad():
        for place, of in enumerate([*network.parameters(), *network.buffers()]):
            of.copy_(torch.full_like(of, int(values[place]) if not of.is_floating_point() else values[place]))
    return network


def ema_path(*, values: list[list[float]], decay: float, warm_up: bool) -> dict[str, Any]:
    """An EMA of a model whose tensors become ``values[1]``, ``values[2]``, ...: the averages after each update.

    Returns:
        path: numbers of each tensor after each update; own: of the model afterwards; raised: of a block that raises.
    """
    import torch
    from models.ema import EMA

    def numbers(network: Any) -> Array:
        return np.array([float(of.double().mean()) for of in [*network.parameters(), *network.buffers()]])

    network = _with_buffers(values[0])
    average = EMA(network, decay, warm_up)
    path = []
    for row in values[1:]:
        with torch.no_grad():
            for to, of in zip(network.state_dict().values(), _with_buffers(row).state_dict().values(), strict=True):
                to.copy_(of)
        average.update(network)
        with average.applied(network):
            path.append(numbers(network))
    own = numbers(network)
    try:
        with average.applied(network):
            raise KeyError("as a block may")
    except KeyError:
        pass
    with average.applied(network):
        again = numbers(network)
    return {
        "path": np.stack(path),
        "own": own,
        "own_after_exception": numbers(network),
        "again": again,
        "requires_grad": all(of.requires_grad for of in network.parameters()),
    }


# ---- Diffusion ----


def betas(*, kind: str, steps: int, settings: dict[str, float]) -> dict[str, Any]:
    """linear_betas or cosine_betas."""
    from models import diffusion

    found = (diffusion.linear_betas if kind == "linear" else diffusion.cosine_betas)(steps, **settings)
    return {"betas": _numpy(found.double()), "dtype": str(found.dtype).removeprefix("torch.")}


def schedule(*, betas: Array) -> dict[str, Any]:
    """All that a Schedule holds."""
    from models.diffusion import Schedule

    made = Schedule(_tensor(betas))
    names = ("betas", "alphas", "alpha_bars", "alpha_bars_before", "posterior_variances")
    return {name: _numpy(getattr(made, name)) for name in names} | {"length": len(made)}


def _input(values: Array, dtype: str) -> Any:
    import torch

    return _tensor(values).to(getattr(torch, dtype))


def noised(*, betas: Array, x0: Array, t: Array, noise: Array, dtype: str = "float64") -> dict[str, Any]:
    """q_sample, predicted_x0 of its result, and the posterior, of samples with a step each."""
    from models.diffusion import Schedule, posterior, predicted_x0, q_sample

    made = Schedule(_tensor(betas))
    of_x0, of_noise, steps = _input(x0, dtype), _input(noise, dtype), _tensor(t)
    x = q_sample(made, of_x0, steps, of_noise)
    mean, variance = posterior(made, of_x0, x, steps)
    return {
        "x": _numpy(x),
        "x0": _numpy(predicted_x0(made, x, steps, of_noise)),
        "mean": _numpy(mean),
        "variance": _numpy(variance),
        "unchanged": bool(np.array_equal(of_x0.numpy(), x0.astype(dtype)) and np.array_equal(steps.numpy(), t)),
    }


def denoising_loss(*, betas: Array, x0: Array, t: Array, noise: Array, seed: int) -> dict[str, Any]:
    """diffusion_loss of a network that uses x and t, with its gradients; and the steps that the network was given."""
    import torch
    from models.diffusion import Schedule, diffusion_loss

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    size = x0[0].size
    weight = _tensor(rng.standard_normal((size, size)) / np.sqrt(size)).requires_grad_()
    shift = _tensor(rng.standard_normal((len(betas), size))).requires_grad_()

    def model(x: Any, steps: Any) -> Any:
        return (x.flatten(1) @ weight + shift[steps]).reshape(x.shape)

    loss = diffusion_loss(model, Schedule(_tensor(betas)), _tensor(x0), _tensor(t), _tensor(noise))
    loss.backward()
    return {"loss": _numpy(loss), "grad_weight": _numpy(weight.grad), "grad_shift": _numpy(shift.grad)}


def _exact(betas: Array, mean: Array, std: Array) -> Any:
    """The best model for data whose elements are independent and Gaussian; and the steps that it was asked for."""
    import torch

    bars = torch.from_numpy(np.cumprod(1 - betas))
    asked: list[Any] = []

    def model(x: Any, t: Any) -> Any:
        asked.append([int(one) for one in t])
        bar = bars[t].to(x.dtype).reshape(-1, *[1] * (x.ndim - 1))
        centred = x - bar.sqrt() * _tensor(mean).to(x.dtype)
        return (1 - bar).sqrt() * centred / (bar * _tensor(std).to(x.dtype) ** 2 + 1 - bar)

    return model, asked


def ddpm(*, betas: Array, mean: Array, std: Array, noises: Array, variance: str) -> dict[str, Any]:
    """ddpm_sample with the exact model of a Gaussian.

    Returns:
        samples; steps: which the model was asked for, one a call; alike: whether all samples of a call had this step.
    """
    from models.diffusion import Schedule, ddpm_sample

    model, asked = _exact(betas, mean, std)
    samples = ddpm_sample(model, Schedule(_tensor(betas)), _tensor(noises), variance)
    return {
        "samples": _numpy(samples),
        "steps": [one[0] for one in asked],
        "alike": all(len(one) == noises.shape[1] and len(set(one)) == 1 for one in asked),
    }


def ddim(*, betas: Array, mean: Array, std: Array, noise: Array, times: list[int]) -> dict[str, Any]:
    """ddim_sample with the exact model of a Gaussian, and ddim_encode of what it returns."""
    from models.diffusion import Schedule, ddim_encode, ddim_sample

    model, asked = _exact(betas, mean, std)
    made = Schedule(_tensor(betas))
    samples = ddim_sample(model, made, _tensor(noise), times)
    steps = [one[0] for one in asked]
    return {"samples": _numpy(samples), "steps": steps, "noise": _numpy(ddim_encode(model, made, samples, times))}


def times(*, steps: int, count: int) -> dict[str, Any]:
    """ddim_times."""
    from models.diffusion import ddim_times

    return {"times": [int(one) for one in ddim_times(steps, count)]}


def guidance(*, x: Array, t: Array, labels: Array, keep: Array, scale: float, null: int, seed: int) -> dict[str, Any]:
    """The guided noise of a model that uses all three inputs, and dropped_labels."""
    from models.diffusion import dropped_labels, guided

    rng = np.random.default_rng(seed)
    of_labels, of_steps = _tensor(rng.standard_normal((20, x.shape[1]))), _tensor(rng.standard_normal(20))

    def model(x: Any, t: Any, labels: Any) -> Any:
        return (x + of_labels[labels]).tanh() * of_steps[t][:, None]

    given = _tensor(labels)
    noise = guided(model, given, scale, null)(_tensor(x), _tensor(t))
    dropped = dropped_labels(given, _tensor(keep), null)
    unchanged = bool(np.array_equal(given.numpy(), labels))
    return {"noise": _numpy(noise), "dropped": _numpy(dropped), "labels_unchanged": unchanged}


def embedding(*, t: Array, size: int) -> dict[str, Any]:
    """time_embedding."""
    from models.diffusion import time_embedding

    return {"embedding": _numpy(time_embedding(_tensor(t), size).float())}


def two_modes(*, modes: list[float], std: float, steps: int, seed: int) -> dict[str, Any]:
    """A Denoiser trained on two narrow modes on a line: the share of the samples of each that are near it."""
    import torch
    from models.diffusion import Denoiser, Schedule, cosine_betas, ddpm_sample, diffusion_loss

    torch.manual_seed(seed)
    draws = torch.Generator().manual_seed(seed)
    schedule, network = Schedule(cosine_betas(40, most=0.5)), Denoiser(1, 32)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    places = torch.tensor(modes)
    for _ in range(steps):
        x0 = places[torch.randint(2, (256,), generator=draws)] + std * torch.randn(256, generator=draws)
        t, noise = torch.randint(40, (256,), generator=draws), torch.randn(256, 1, generator=draws)
        loss = diffusion_loss(network, schedule, x0[:, None], t, noise)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rate.step()
    with torch.no_grad():
        samples = ddpm_sample(network, schedule, torch.randn(41, 2000, 1, generator=draws))
    return {"shares": [float(((samples - mode).abs() < 4 * std).float().mean()) for mode in modes]}


# ---- Budgets: sums only, so that what is returned costs nothing ----


def sampling_cost(*, betas: Array, noises: Array) -> dict[str, Any]:
    """ddpm_sample with the exact model of a Gaussian, in float64."""
    from models.diffusion import Schedule, ddpm_sample

    model, _ = _exact(betas, np.zeros(noises.shape[2]), np.ones(noises.shape[2]))
    return {"total": float(ddpm_sample(model, Schedule(_tensor(betas)), _tensor(noises)).square().sum())}
