"""Right training code written in other ways: each must get full marks."""

from autograder.course.mistakes import Variant, edit, redefine

VECTORISED = "scratch/vectorised.py"
DATA = "scratch/data.py"
INIT = "scratch/init.py"
TRAINING = "scratch/training.py"
TUNING = "scratch/tuning.py"

VARIANTS = [
    Variant(
        name="products_and_running_sums",
        why="|a|^2 + |b|^2 - 2ab clipped at 0, bincount, a running sum, and s02's log_softmax",
        changes=(
            redefine(
                VECTORISED,
                """
from scratch.functional import log_softmax


def pairwise_distances(x, y):
    squares = np.square(x).sum(1)[:, None] + np.square(y).sum(1)[None] - 2 * (x @ y.T)
    return np.sqrt(np.clip(squares, 0, None))


def softmax(logits, temperature=1.0):
    return np.exp(log_softmax(logits / temperature))


def confusion_matrix(target, predicted, classes):
    return np.bincount(classes * target + predicted, minlength=classes**2).reshape(classes, classes)


def moving_average(x, window):
    sums = np.concatenate([[0.0], np.cumsum(x)])
    return (sums[window:] - sums[:-window]) / window
""",
            ),
        ),
    ),
    Variant(
        name="one_hot_and_shifted_slices",
        why="a loop over the rows of x alone, a product of one-hot matrices, a loop over the positions in the window",
        changes=(
            redefine(
                VECTORISED,
                """
def pairwise_distances(x, y):
    return np.stack([np.linalg.norm(y - row, axis=1) for row in x])


def softmax(logits, temperature=1.0):
    shifted = (logits - np.max(logits, -1)[..., None]) * (1.0 / temperature)
    powers = np.exp(shifted)
    return powers / np.sum(powers, -1)[..., None]


def confusion_matrix(target, predicted, classes):
    one_hot = np.eye(classes)
    return (one_hot[target].T @ one_hot[predicted]).astype(int)


def moving_average(x, window):
    length = len(x) - window + 1
    total = np.zeros(length)
    for place in range(window):
        total += x[place : place + length]
    return total / window
""",
            ),
        ),
    ),
    Variant(
        name="histogram_and_convolution",
        why="np.linalg.norm over (N, M, D), a two-dimensional histogram with float counts, np.convolve",
        changes=(
            redefine(
                VECTORISED,
                """
def pairwise_distances(x, y):
    return np.linalg.norm(x[:, np.newaxis] - y[np.newaxis], axis=2)


def confusion_matrix(target, predicted, classes):
    edges = np.arange(classes + 1) - 0.5
    return np.histogram2d(target, predicted, bins=[edges, edges])[0].astype(int)


def moving_average(x, window):
    return np.convolve(x, np.ones(window), mode="valid") / window
""",
            ),
        ),
    ),
    Variant(
        name="comparison_for_each_cell",
        why="one pass over the samples for each of the K^2 cells",
        changes=(
            redefine(
                VECTORISED,
                """
def confusion_matrix(target, predicted, classes):
    cells = [[np.count_nonzero((target == t) & (predicted == p)) for p in range(classes)] for t in range(classes)]
    return np.array(cells)
""",
            ),
        ),
    ),
    Variant(
        name="standardizer_with_threshold",
        why="a deviation below 1e-9 of the mean's size counts as 0; the mean is an explicit sum; the scale is a factor",
        changes=(
            redefine(
                DATA,
                """
class Standardizer(Standardizer):
    def fit(self, x):
        n = x.shape[0]
        self.mean = np.sum(x, axis=0) / n
        deviation = np.sqrt(np.sum((x - self.mean) ** 2, axis=0) / n)
        self.std = deviation.copy()
        self.std[deviation <= 1e-9 * (1.0 + np.abs(self.mean))] = 1.0
        return self

    def transform(self, x):
        result = np.array(x, dtype=float)
        result -= self.mean
        result *= 1.0 / self.std
        return result
""",
            ),
        ),
    ),
    Variant(
        name="standardizer_with_tiny_eps",
        why="1e-9 is added to the deviation of features that vary: within the tolerance, and constants have 1",
        changes=(
            edit(
                DATA,
                "self.std = np.where(constant, 1.0, x.std(axis=0))",
                "self.std = np.where(np.ptp(x, axis=0) == 0, 1.0, x.std(axis=0) + 1e-9)",
            ),
        ),
    ),
    Variant(
        name="split_rounded_down",
        why="sizes are rounded down, the test part comes first, parts are sorted, rng.shuffle in place of permutation",
        changes=(
            redefine(
                DATA,
                """
def train_val_test_split(n, val_fraction, test_fraction, rng):
    indices = np.arange(n)
    rng.shuffle(indices)
    n_test, n_val = int(n * test_fraction), int(n * val_fraction)
    test, val, train = np.split(indices, [n_test, n_test + n_val])
    return np.sort(train), np.sort(val), np.sort(test)
""",
            ),
        ),
    ),
    Variant(
        name="split_rounded_up",
        why="sizes are rounded up, and membership is decided by the rank of random keys",
        changes=(
            redefine(
                DATA,
                """
def train_val_test_split(n, val_fraction, test_fraction, rng):
    rank = np.argsort(np.argsort(rng.random(n)))
    n_val, n_test = int(np.ceil(n * val_fraction)), int(np.ceil(n * test_fraction))
    is_val, is_test = rank < n_val, (rank >= n_val) & (rank < n_val + n_test)
    return np.flatnonzero(~is_val & ~is_test), np.flatnonzero(is_val), np.flatnonzero(is_test)
""",
            ),
        ),
    ),
    Variant(
        name="folds_by_mask",
        why="sizes by division, training rows by a mask, k_fold in plain lists, stratified folds filled in turn",
        changes=(
            redefine(
                DATA,
                """
def k_fold(n, k, rng=None):
    if k < 2 or k > n:
        raise ValueError("no such folds")
    order = list(range(n))
    if rng is not None:
        rng.shuffle(order)
    folds, start = [], 0
    for i in range(k):
        stop = start + n // k + (1 if i < n % k else 0)
        folds.append((order[:start] + order[stop:], order[start:stop]))
        start = stop
    return folds


def stratified_k_fold(y, k, rng):
    if k < 2:
        raise ValueError("one fold is none")
    fold_of, start = np.empty(len(y), dtype=int), 0
    for label in set(y.tolist()):
        rows = np.where(y == label)[0]
        if len(rows) < k:
            raise ValueError("a class is too small")
        fold_of[rng.permutation(rows)] = (start + np.arange(len(rows))) % k
        start += len(rows)
    return [(np.where(fold_of != i)[0], np.where(fold_of == i)[0]) for i in range(k)]
""",
            ),
        ),
    ),
    Variant(
        name="loader_with_iterator_object",
        why="a separate iterator class, copies of whole shuffled arrays, and slices as batches",
        changes=(
            redefine(
                DATA,
                """
class _Batches:
    def __init__(self, arrays, batch_size, count):
        self.arrays, self.batch_size, self.count, self.next = arrays, batch_size, count, 0

    def __iter__(self):
        return self

    def __next__(self):
        if self.next >= self.count:
            raise StopIteration
        start = self.next * self.batch_size
        self.next += 1
        return tuple(array[start : start + self.batch_size] for array in self.arrays)


class DataLoader(DataLoader):
    def __len__(self):
        n = len(self.dataset[0])
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)

    def __iter__(self):
        arrays = self.dataset
        if self.shuffle:
            order = np.argsort(self.rng.random(len(arrays[0])))
            arrays = [np.take(array, order, axis=0) for array in arrays]
        return _Batches(arrays, self.batch_size, len(self))
""",
            ),
        ),
    ),
    Variant(
        name="initial_weights_by_scaling",
        why="standard draws times a scale, data replaced by a new array of the old dtype, fans from size and shape",
        changes=(
            redefine(
                INIT,
                """
def calculate_fans(shape):
    if len(shape) < 2:
        raise ValueError("too few axes")
    size = int(np.prod(shape))
    return size // shape[0], size // shape[1]


def _fill_uniform(param, std, rng):
    draws = 2.0 * (rng or np.random.default_rng()).random(param.data.shape) - 1.0
    param.data = (draws * std * np.sqrt(3)).astype(param.data.dtype)


def _fill_normal(param, std, rng):
    draws = (rng or np.random.default_rng()).standard_normal(param.data.shape)
    param.data = (std * draws).astype(param.data.dtype)
""",
            ),
        ),
    ),
    Variant(
        name="evaluate_all_at_once",
        why="all outputs are collected and the loss is computed once; accuracy by sorting; modes are set one by one",
        changes=(
            redefine(
                TRAINING,
                """
def _outputs(model, loader):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    found = [(model(x), y) for x, y in loader]
    for module, mode in modes:
        module.training = mode
    return np.concatenate([one for one, _ in found]), np.concatenate([other for _, other in found])


def evaluate(model, criterion, loader):
    return criterion.forward(*_outputs(model, loader))


def accuracy(model, loader):
    logits, y = _outputs(model, loader)
    return np.mean(np.argsort(logits, axis=1)[:, -1] == y)
""",
            ),
        ),
    ),
    Variant(
        name="fit_with_a_counter",
        why="epochs without improvement are counted; weights are kept by name with deepcopy and restored in place",
        changes=(
            redefine(
                TRAINING,
                """
import copy


def fit(model, criterion, optimiser, train_loader, val_loader=None, *, epochs, patience=None, scheduler=None):
    history = History()
    kept, waited = None, 0
    for epoch in range(epochs):
        losses, sizes = [], []
        model.train()
        for inputs, targets in train_loader:
            model.zero_grad()
            losses.append(criterion(model(inputs), targets))
            sizes.append(targets.shape[0])
            model.backward(criterion.backward())
            optimiser.step()
        history.train_loss.append(np.average(losses, weights=sizes))
        history.lr.append(optimiser.lr)
        if scheduler:
            scheduler.step()
        if not val_loader:
            continue
        loss = evaluate(model, criterion, val_loader)
        history.val_loss.append(loss)
        if not np.isnan(loss) and (kept is None or loss < history.val_loss[history.best_epoch]):
            kept = copy.deepcopy({name: param.data for name, param in model.named_parameters()})
            history.best_epoch, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            break
    if kept:
        for name, param in model.named_parameters():
            param.data[...] = kept[name]
    return history
""",
            ),
        ),
    ),
    Variant(
        name="decay_step_by_step",
        why="the learning rate is multiplied by gamma in each step; the optimiser's own rate is the state",
        changes=(
            redefine(
                TRAINING,
                """
class ExponentialLR:
    def __init__(self, optimiser, gamma):
        self.optimiser, self.gamma = optimiser, gamma

    def step(self):
        self.optimiser.lr *= self.gamma
""",
            ),
        ),
    ),
    Variant(
        name="ratio_to_a_random_power",
        why="low * (high / low)**u; trials are sorted by np.argsort, which puts nan last; values by rng.choice",
        changes=(
            redefine(
                TUNING,
                """
def log_uniform(low, high, rng):
    return low * (high / low) ** rng.random()


def random_search(objective, space, trials, rng):
    settings, scores = [], []
    for _ in range(trials):
        drawn = {}
        for name, (rule, *rest) in space.items():
            if rule == "log_uniform":
                drawn[name] = log_uniform(rest[0], rest[1], rng)
            elif rule == "uniform":
                drawn[name] = rest[0] + (rest[1] - rest[0]) * rng.random()
            elif rule == "integers":
                drawn[name] = rng.integers(rest[0], rest[1] + 1)
            elif rule == "choice":
                drawn[name] = rng.choice(rest[0])
            else:
                raise ValueError(rule)
        settings.append(drawn)
        scores.append(objective(drawn))
    return [Trial(settings[i], scores[i]) for i in np.argsort(scores)]
""",
            ),
        ),
    ),
    Variant(
        name="powers_of_ten_all_drawn_first",
        why="10 to a uniform power; all values of a name are drawn at once; nan counts as infinite in the order",
        changes=(
            redefine(
                TUNING,
                """
def log_uniform(low, high, rng):
    return 10.0 ** rng.uniform(np.log10(low), np.log10(high))


def random_search(objective, space, trials, rng):
    columns = {name: [_draw(rule, rng) for _ in range(trials)] for name, rule in space.items()}
    found = []
    for i in range(trials):
        settings = {name: column[i] for name, column in columns.items()}
        found.append(Trial(settings=settings, score=objective(settings)))
    found.sort(key=lambda trial: np.inf if np.isnan(trial.score) else trial.score)
    return found
""",
            ),
        ),
    ),
    Variant(
        name="bias_from_the_error",
        why="the variance by np.var, the squared bias as the mean squared error minus the variance",
        changes=(
            redefine(
                TUNING,
                """
def bias_variance(predictions, target):
    variance = np.var(predictions, axis=0).mean()
    return np.mean((predictions - target[None]) ** 2) - variance, variance
""",
            ),
        ),
    ),
]
