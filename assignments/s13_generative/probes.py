"""How the tests call ``models``: plain data in, named plain data out."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray

_MODULE_OF = {
    "autoencoders": ("Autoencoder", "LinearAutoencoder", "ConvAutoencoder"),
    "vae": ("VAE",),
    "gan": ("Generator", "Discriminator"),
    "diffusion": ("Denoiser",),
}


def _tuples(settings: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(of) if isinstance(of, list) else of for key, of in settings.items()}


def _made(name: str, settings: dict[str, Any], seed: int) -> Any:
    """A new module in float64 whose ``parameters()``, in their order, have the numbers of the seed."""
    import importlib

    import torch
    from models.course.weights import seeded_weights

    torch.manual_seed(seed)
    module = next(module for module, names in _MODULE_OF.items() if name in names)
    made = getattr(importlib.import_module(f"models.{module}"), name)(**_tuples(settings))
    return seeded_weights(made.double(), seed)


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


# ---- Autoencoders ----


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


def code(*, name: str, settings: dict[str, Any], seed: int, x: Array, code: Array) -> dict[str, Any]:
    """What x is encoded to, and what a code is decoded to."""
    import torch

    made = _made(name, settings, seed)
    with torch.no_grad():
        return {"code": _numpy(made.encode(_tensor(x))), "decoded": _numpy(made.decode(_tensor(code)))}


def corruption(*, x: Array, draws: Array, amount: float, kind: str) -> dict[str, Any]:
    """Corrupted inputs."""
    from models.autoencoders import corrupted

    given = _tensor(x)
    return {"x": _numpy(corrupted(given, _tensor(draws), amount, kind)), "unchanged": np.array_equal(given.numpy(), x)}


def _of_modes(seed: int, size: int) -> Any:
    """A network that differs between training and evaluation: batch norm, dropout and a linear layer, in float64."""
    import torch

    torch.manual_seed(seed)
    layers = [
        torch.nn.Linear(size, size),
        torch.nn.BatchNorm1d(size),
        torch.nn.Dropout(0.5),
        torch.nn.Linear(size, size),
    ]
    return torch.nn.Sequential(*layers).double()


def losses(*, x: Array, given: Array | None, batches: list[Array], seed: int, training: bool) -> dict[str, Any]:
    """reconstruction_loss of a linear network with its gradient, and reconstruction_error of one with dropout."""
    import torch
    from models.autoencoders import reconstruction_error, reconstruction_loss

    rng = np.random.default_rng(seed)
    weight = _tensor(rng.standard_normal((x.shape[1], x.shape[1]))).requires_grad_()
    loss = reconstruction_loss(lambda of: of @ weight, _tensor(x), None if given is None else _tensor(given))
    loss.backward()
    network = _of_modes(seed, x.shape[1])
    network.train(training)
    before = [of.clone() for of in network.state_dict().values()]
    error = reconstruction_error(network, [_tensor(batch) for batch in batches])
    return {
        "loss": _numpy(loss),
        "grad": _numpy(weight.grad),
        "error": float(error),
        "training": network.training,
        "same_state": all(map(torch.equal, before, network.state_dict().values())),
        "no_gradients": all(of.grad is None for of in network.parameters()),
    }


def principal_components(*, x: Array, size: int, other: Array) -> dict[str, Any]:
    """PCA of x, without what a free sign changes: mean, projector, sizes of codes, and reconstructions of ``other``."""
    from models.representation import PCA

    made = PCA(_tensor(x), size)
    components = _numpy(made.components)
    codes = made.encode(_tensor(other))
    return {
        "mean": _numpy(made.mean),
        "products": components @ components.T,
        "rows": [np.outer(row, row) for row in components],
        "codes": _numpy(codes.abs()),
        "decoded": _numpy(made.decode(codes)),
    }


def probe(*, codes: Array, labels: Array, classes: int, penalty: float, others: Array) -> dict[str, Any]:
    """A LinearProbe: weight, bias and predictions of other codes."""
    from models.representation import LinearProbe

    made = LinearProbe(classes, penalty)
    fitted = made.fit(_tensor(codes), _tensor(labels))
    return {
        "weight": _numpy(made.weight),
        "bias": _numpy(made.bias),
        "predictions": _numpy(fitted.predict(_tensor(others))).astype(np.int64),
    }


def codes_of(*, batches: list[Array], seed: int, training: bool) -> dict[str, Any]:
    """frozen_codes of a network with batch norm and dropout."""
    import torch
    from models.representation import frozen_codes

    network = _of_modes(seed, batches[0].shape[1])
    network.train(training)
    before = [of.clone() for of in network.state_dict().values()]
    found = frozen_codes(network, lambda x: network(x).square(), [_tensor(batch) for batch in batches])
    return {
        "codes": _numpy(found),
        "requires_grad": found.requires_grad,
        "training": network.training,
        "same_state": all(map(torch.equal, before, network.state_dict().values())),
    }


def linear_against_pca(*, x: Array, size: int, seed: int) -> dict[str, Any]:
    """Errors of PCA and of a LinearAutoencoder that was trained on the same data."""
    import torch
    from models.autoencoders import LinearAutoencoder, reconstruction_error, reconstruction_loss
    from models.representation import PCA

    torch.manual_seed(seed)
    data = _tensor(x)
    network = LinearAutoencoder(x.shape[1], size).double()
    optimiser = torch.optim.LBFGS(network.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimiser.zero_grad()
        loss = reconstruction_loss(network, data)
        loss.backward()
        return loss

    optimiser.step(closure)
    made = PCA(data, size)
    error = (made.decode(made.encode(data)) - data).square().mean()
    return {"pca": float(error), "network": float(reconstruction_error(network, [data]))}


def denoising(*, x: Array, new: Array, amount: float, seed: int, steps: int) -> dict[str, Any]:
    """An Autoencoder trained to denoise: errors on new data from noisy and from clean inputs; the noise's variance."""
    import torch
    from models.autoencoders import Autoencoder, corrupted, reconstruction_error, reconstruction_loss

    torch.manual_seed(seed)
    draws = torch.Generator().manual_seed(seed)
    data, others = _tensor(x).float(), _tensor(new).float()
    network = Autoencoder(x.shape[1], 32, 4)
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-3)
    for _ in range(steps):
        batch = data[torch.randint(len(data), (128,), generator=draws)]
        noisy = corrupted(batch, torch.randn(batch.shape, generator=draws), amount)
        optimiser.zero_grad()
        reconstruction_loss(network, batch, noisy).backward()
        optimiser.step()
    noisy = corrupted(others, torch.randn(others.shape, generator=draws), amount)
    with torch.no_grad():
        from_noisy = (network(noisy) - others).square().mean()
    return {"noisy": float(from_noisy), "clean": float(reconstruction_error(network, [others]))}


# ---- Boltzmann machines ----


def _rbm(weight: Array, visible_bias: Array, hidden_bias: Array) -> Any:
    from models.course.weights import set_weights
    from models.rbm import RBM

    made = RBM(len(visible_bias), len(hidden_bias)).double()
    return set_weights(made, [weight, visible_bias, hidden_bias])


def rbm(*, weight: Array, visible_bias: Array, hidden_bias: Array, v: Array, h: Array) -> dict[str, Any]:
    """Energies and probabilities of an RBM with given parameters."""
    made = _rbm(weight, visible_bias, hidden_bias)
    of_v, of_h = _tensor(v), _tensor(h)
    return {
        "energy": _numpy(made.energy(of_v, of_h)),
        "free_energy": _numpy(made.free_energy(of_v)),
        "hidden": _numpy(made.hidden_probabilities(of_v)),
        "visible": _numpy(made.visible_probabilities(of_h)),
    }


def rbm_likelihood(*, weight: Array, visible_bias: Array, hidden_bias: Array, v: Array) -> dict[str, Any]:
    """log_partition, log_likelihood, and the gradients of its mean."""
    from models.rbm import log_likelihood, log_partition

    made = _rbm(weight, visible_bias, hidden_bias)
    found = log_likelihood(made, _tensor(v))
    found.mean().backward()
    return {"log_partition": _numpy(log_partition(made)), "log_likelihood": _numpy(found), "grads": _grads(made)}


def chain(
    *, weight: Array, visible_bias: Array, hidden_bias: Array, v: Array, hidden_draws: Array, visible_draws: Array
) -> dict[str, Any]:
    """The states of a Gibbs chain, and the gradients of contrastive divergence with the same draws."""
    from models.rbm import contrastive_divergence, gibbs_step

    made = _rbm(weight, visible_bias, hidden_bias)
    draws = [(_tensor(one), _tensor(other)) for one, other in zip(hidden_draws, visible_draws, strict=True)]
    given = _tensor(v)
    states, state = [], given
    for pair in draws:
        state = gibbs_step(made, state, *pair)
        states.append(_numpy(state))
    before = _state(made)
    for of in made.parameters():
        of.grad = of.detach() * 3  # left behind by an earlier step
    contrastive_divergence(made, given, draws)
    return {
        "states": np.stack(states),
        "grads": _grads(made),
        "parameters_unchanged": all(map(np.array_equal, before, _state(made))),
        "v_unchanged": np.array_equal(given.numpy(), v),
    }


def _dbn(sizes: list[int], seed: int) -> Any:
    from models.course.weights import seeded_weights
    from models.rbm import DeepBeliefNet

    return seeded_weights(DeepBeliefNet(sizes).double(), seed)


def belief_net(*, sizes: list[int], seed: int, v: Array, h: Array) -> dict[str, Any]:
    """Probabilities up to every layer, and down from the highest."""
    made = _dbn(sizes, seed)
    return {
        "shapes": [list(of.shape) for of in made.parameters()],
        "up": [_numpy(made.up(_tensor(v), layers)) for layers in range(len(sizes))],
        "down": _numpy(made.down(_tensor(h))),
    }


def pretraining(
    *,
    sizes: list[int],
    seed: int,
    layer: int,
    vs: Array,
    hidden_draws: Array,
    visible_draws: Array,
    learning_rate: float,
) -> dict[str, Any]:
    """Steps of one layer: all parameters afterwards."""
    made = _dbn(sizes, seed)
    for v, hidden, visible in zip(vs, hidden_draws, visible_draws, strict=True):
        draws = [(_tensor(one), _tensor(other)) for one, other in zip(hidden, visible, strict=True)]
        made.pretrain_step(layer, _tensor(v), draws, learning_rate)
    return {"parameters": _state(made)}


def rbm_of_patterns(*, patterns: Array, steps: int, seed: int) -> dict[str, Any]:
    """An RBM trained by CD-1 on given patterns: the exact probability of all of them together, before and after."""
    import torch
    from models.rbm import RBM, contrastive_divergence, log_likelihood

    torch.manual_seed(seed)
    draws = torch.Generator().manual_seed(seed)
    every = _tensor(patterns)
    made = RBM(patterns.shape[1], 6).double()
    optimiser = torch.optim.SGD(made.parameters(), lr=0.5)

    def mass() -> float:
        with torch.no_grad():
            return float(log_likelihood(made, every).exp().sum())

    before = mass()
    for _ in range(steps):
        v = every[torch.randint(len(every), (64,), generator=draws)]
        uniform = torch.rand(64, 6, generator=draws).double(), torch.rand(v.shape, generator=draws).double()
        contrastive_divergence(made, v, [uniform])
        optimiser.step()
    return {"before": before, "after": mass()}


# ---- VAE ----


def reparameterisation(*, mean: Array, log_variance: Array, noise: Array, upstream: Array) -> dict[str, Any]:
    """Latent variables, and the gradients of the mean and of the log variance."""
    from models.vae import reparameterised

    of_mean, of_log_variance = _tensor(mean).requires_grad_(), _tensor(log_variance).requires_grad_()
    z = reparameterised(of_mean, of_log_variance, _tensor(noise))
    z.backward(_tensor(upstream))
    return {"z": _numpy(z), "grad_mean": _numpy(of_mean.grad), "grad_log_variance": _numpy(of_log_variance.grad)}


def densities(
    *, mean: Array, log_variance: Array, logits: Array, x: Array, binary: Array, std: float
) -> dict[str, Any]:
    """KL divergence, and the two likelihoods with their gradients."""
    from models.vae import bernoulli_log_likelihood, gaussian_log_density, kl_divergence

    of_mean, of_log_variance = _tensor(mean).requires_grad_(), _tensor(log_variance).requires_grad_()
    kl = kl_divergence(of_mean, of_log_variance)
    weights = np.arange(1.0, len(mean) + 1)
    kl.backward(_tensor(weights))
    of_logits, of_output = _tensor(logits).requires_grad_(), _tensor(logits).requires_grad_()
    bernoulli = bernoulli_log_likelihood(of_logits, _tensor(binary))
    bernoulli.backward(_tensor(weights))
    gaussian = gaussian_log_density(_tensor(x), of_output, std)
    gaussian.backward(_tensor(weights))
    return {
        "kl": _numpy(kl),
        "grad_mean": _numpy(of_mean.grad),
        "grad_log_variance": _numpy(of_log_variance.grad),
        "bernoulli": _numpy(bernoulli),
        "grad_logits": _numpy(of_logits.grad),
        "gaussian": _numpy(gaussian),
        "grad_output": _numpy(of_output.grad),
    }


def density_with_deviations(*, x: Array, mean: Array, std: Array) -> dict[str, Any]:
    """gaussian_log_density where every element has a deviation of its own."""
    from models.vae import gaussian_log_density

    return {"log_density": _numpy(gaussian_log_density(_tensor(x), _tensor(mean), _tensor(std)))}


def vae(*, settings: dict[str, Any], seed: int, x: Array, noise: Array, many: Array, beta: float) -> dict[str, Any]:
    """A VAE with given weights: what it encodes and decodes, ELBO with gradients, the importance-weighted bound."""
    from models.vae import elbo, importance_weighted_bound

    made = _made("VAE", settings, seed)
    given = _tensor(x)
    mean, log_variance = made.encode(given)
    bound = elbo(made, given, _tensor(noise), beta)
    bound.backward(_tensor(np.arange(1.0, len(x) + 1)))
    grads = _grads(made)
    return {
        "mean": _numpy(mean),
        "log_variance": _numpy(log_variance),
        "decoded": _numpy(made.decode(_tensor(noise))),
        "log_likelihood": _numpy(made.log_likelihood(_tensor(noise), given)),
        "sample": _numpy(made.sample(_tensor(noise))),
        "elbo": _numpy(bound),
        "grads": grads,
        "importance_weighted": _numpy(importance_weighted_bound(made, given, _tensor(many))),
    }


def exact_bounds(*, weight: Array, bias: Array, std: float, x: Array, noise: Array) -> dict[str, Any]:
    """Bounds of a linear Gaussian model whose encoder is the exact posterior; the columns of weight are orthogonal."""
    import torch
    from models.vae import elbo, gaussian_log_density, importance_weighted_bound

    of_weight, of_bias = _tensor(weight), _tensor(bias)
    variance = 1 / (1 + of_weight.square().sum(dim=0) / std**2)

    class Linear:
        """x = weight z + bias + std times noise."""

        def encode(self, x: Any) -> tuple[Any, Any]:
            mean = (x - of_bias) @ of_weight * variance / std**2
            return mean, variance.log().expand_as(mean)

        def log_likelihood(self, z: Any, x: Any) -> Any:
            return gaussian_log_density(x, z @ of_weight.T + of_bias, std)

    model: Any = Linear()
    draws = _tensor(noise)
    return {
        "importance_weighted": _numpy(importance_weighted_bound(model, _tensor(x), draws)),
        "mean_elbo": _numpy(torch.stack([elbo(model, _tensor(x), one) for one in draws]).mean(dim=0)),
    }


def traversal(*, settings: dict[str, Any], seed: int, z: Array, axis: int, values: list[float]) -> dict[str, Any]:
    """latent_traversal."""
    from models.vae import latent_traversal

    given = _tensor(z)
    found = latent_traversal(_made("VAE", settings, seed), given, axis, values)
    return {
        "rows": _numpy(found),
        "z_unchanged": np.array_equal(given.numpy(), z),
        "requires_grad": found.requires_grad,
    }


def vae_of_images(*, x: Array, new: Array, seed: int, steps: int) -> dict[str, Any]:
    """A VAE trained on binary images: -ELBO and KL on new ones, in nats an image."""
    import torch
    from models.vae import VAE, elbo, kl_divergence

    torch.manual_seed(seed)
    draws = torch.Generator().manual_seed(seed)
    data, others = _tensor(x).float(), _tensor(new).float()
    made = VAE(x.shape[1], 48, 4)
    optimiser = torch.optim.Adam(made.parameters(), lr=1e-2)
    for _ in range(steps):
        batch = data[torch.randint(len(data), (128,), generator=draws)]
        loss = -elbo(made, batch, torch.randn(128, 4, generator=draws)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        bound = elbo(made, others, torch.randn(len(others), 4, generator=draws)).mean()
        kl = kl_divergence(*made.encode(others)).mean()
    return {"negative_elbo": -float(bound), "kl": float(kl)}


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
    """What happens for names that do not exist, impossible numbers of steps, and impossible decays."""
    import torch
    from models.autoencoders import corrupted
    from models.diffusion import Schedule, ddim_times, ddpm_sample, linear_betas
    from models.ema import EMA
    from models.gan import generator_loss
    from models.vae import VAE

    schedule = Schedule(linear_betas(4))
    calls = {
        "corruption": lambda: corrupted(torch.zeros(2), torch.zeros(2), 0.5, "salt"),
        "decoder": lambda: VAE(4, 3, 2, "poisson"),
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
    from models.course.weights import seeded_weights
    from models.gan import gradient_penalty

    torch.manual_seed(seed)
    network = torch.nn.Sequential(
        torch.nn.Flatten(), torch.nn.Linear(real[0].size, 5), torch.nn.Softplus(), torch.nn.Linear(5, 1)
    ).double()
    seeded_weights(network, seed)
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
