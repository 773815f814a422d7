"""Right solutions of s09_rnn written in other ways: each must get full marks."""

from autograder.course.mistakes import Variant, edit, redefine

RNN = "scratch/rnn.py"
EMBEDDING = "scratch/embedding.py"
MODEL = "scratch/language_model.py"

SCATTER = (
    "        np.add.at(grad, self._indices.ravel(), rows)  # grad[indices] += rows would count a repeated word once\n"
)

VARIANTS = [
    Variant(
        name="textbook_cells",
        why="Every cell on its own as in a textbook: one product per gate and step, caches in lists, weight gradients "
        "summed up step by step, states as lists of layers.",
        changes=(
            redefine(
                RNN,
                """
def _blocks(array, count):
    size = len(array) // count
    return [array[j * size : (j + 1) * size] for j in range(count)]


def _textbook_sigmoid(a):
    return np.where(a >= 0, 1.0, np.exp(-np.abs(a))) / (1.0 + np.exp(-np.abs(a)))


class _Textbook(Recurrent):
    def forward(self, x, hx=None, lengths=None):
        sequence = [x[:, t] for t in range(x.shape[1])] if self.batch_first else list(x)
        self._checked(np.stack(sequence), hx, lengths)
        batch = len(sequence[0])
        if hx is None:
            hs = [np.zeros((batch, self.hidden_size)) for _ in range(self.num_layers)]
            cs = [np.zeros((batch, self.hidden_size)) for _ in range(self.num_layers)]
        else:
            h0, c0 = hx if isinstance(hx, tuple) else (hx, hx)
            hs, cs = list(h0), list(c0)
        self._caches, self._lengths = [], lengths
        outputs = []
        for t, x_t in enumerate(sequence):
            alive = np.ones((batch, 1)) if lengths is None else (t < lengths).astype(float)[:, None]
            caches = []
            for k in range(self.num_layers):
                h, c, cache = self.step(k, x_t, hs[k], cs[k])
                caches.append((x_t, hs[k], cache))
                hs[k] = alive * h + (1.0 - alive) * hs[k]
                cs[k] = alive * c + (1.0 - alive) * cs[k]
                x_t = alive * h
            self._caches.append((alive, caches))
            outputs.append(x_t)
        y = np.stack(outputs, axis=1 if self.batch_first else 0)
        return y, self.state(np.array(hs), np.array(cs))

    def backward(self, grad_output, grad_hx=None):
        shape = (self.num_layers, grad_output.shape[0 if self.batch_first else 1], self.hidden_size)
        if grad_hx is None:
            dhs, dcs = list(np.zeros(shape)), list(np.zeros(shape))
        elif isinstance(grad_hx, tuple):
            dhs, dcs = list(grad_hx[0]), list(grad_hx[1])
        else:
            dhs, dcs = list(grad_hx), list(np.zeros(shape))
        totals = {name: np.zeros_like(p.data) for name, p in vars(self).items() if isinstance(p, Parameter)}
        dxs = []
        for t in range(len(self._caches) - 1, -1, -1):
            alive, caches = self._caches[t]
            dx = grad_output[:, t] if self.batch_first else grad_output[t]
            for k in range(self.num_layers - 1, -1, -1):
                x_t, h_before, cache = caches[k]
                dh, dc = alive * (dhs[k] + dx), alive * dcs[k]
                dx, dh_before, dc_before, parts = self.step_back(k, dh, dc, x_t, h_before, cache)
                dhs[k] = dh_before + (1.0 - alive) * dhs[k]
                dcs[k] = dc_before + (1.0 - alive) * dcs[k]
                for name, part in parts.items():
                    totals[f"{name}_l{k}"] += part
            dxs.insert(0, dx)
        for name, total in totals.items():
            getattr(self, name).accumulate(total)
        return np.stack(dxs, axis=1 if self.batch_first else 0), self.state(np.array(dhs), np.array(dcs))

    def state(self, h, c):
        return h

    def gate(self, k, j, x, h):
        W, U = (_blocks(getattr(self, f"{name}_l{k}").data, self.gates)[j] for name in ("weight_ih", "weight_hh"))
        b, d = (_blocks(getattr(self, f"{name}_l{k}").data, self.gates)[j] for name in ("bias_ih", "bias_hh"))
        return x @ W.T + b, h @ U.T + d

    def gates_back(self, k, das, dbs, x, h):
        W = _blocks(getattr(self, f"weight_ih_l{k}").data, self.gates)
        U = _blocks(getattr(self, f"weight_hh_l{k}").data, self.gates)
        parts = {
            "weight_ih": np.vstack([da.T @ x for da in das]),
            "weight_hh": np.vstack([db.T @ h for db in dbs]),
            "bias_ih": np.hstack([da.sum(0) for da in das]),
            "bias_hh": np.hstack([db.sum(0) for db in dbs]),
        }
        dx = sum(da @ w for da, w in zip(das, W, strict=True))
        dh = sum(db @ u for db, u in zip(dbs, U, strict=True))
        return dx, dh, parts


class RNN(_Textbook):
    gates = 1

    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh", batch_first=False, rng=None):
        super().__init__(input_size, hidden_size, num_layers, batch_first, rng)
        if nonlinearity not in ["tanh", "relu"]:
            raise ValueError(nonlinearity)
        self.is_tanh = nonlinearity == "tanh"

    def step(self, k, x, h, c):
        a = sum(self.gate(k, 0, x, h))
        new = np.tanh(a) if self.is_tanh else np.where(a > 0, a, 0.0)
        return new, c, new

    def step_back(self, k, dh, dc, x, h, new):
        da = dh * (1 - new * new) if self.is_tanh else np.where(new > 0, dh, 0.0)
        dx, dh, parts = self.gates_back(k, [da], [da], x, h)
        return dx, dh, dc, parts


class LSTM(_Textbook):
    gates = 4

    def state(self, h, c):
        return h, c

    def _parts(self, state, shape):
        return state or (np.zeros(shape), np.zeros(shape))

    def step(self, k, x, h, c):
        i, f = (_textbook_sigmoid(sum(self.gate(k, j, x, h))) for j in (0, 1))
        g, o = np.tanh(sum(self.gate(k, 2, x, h))), _textbook_sigmoid(sum(self.gate(k, 3, x, h)))
        new = f * c + i * g
        return o * np.tanh(new), new, (i, f, g, o, c, new)

    def step_back(self, k, dh, dc, x, h, cache):
        i, f, g, o, c, new = cache
        dc = dc + dh * o * (1 - np.tanh(new) ** 2)
        das = [dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g**2), dh * np.tanh(new) * o * (1 - o)]
        dx, dh, parts = self.gates_back(k, das, das, x, h)
        return dx, dh, dc * f, parts


class GRU(_Textbook):
    gates = 3

    def step(self, k, x, h, c):
        r, z = (_textbook_sigmoid(sum(self.gate(k, j, x, h))) for j in (0, 1))
        a, b = self.gate(k, 2, x, h)
        n = np.tanh(a + r * b)
        return n + z * (h - n), c, (r, z, n, b)

    def step_back(self, k, dh, dc, x, h, cache):
        r, z, n, b = cache
        dz, dn = dh * (h - n) * z * (1 - z), dh * (1 - z) * (1 - n**2)
        dr = dn * b * r * (1 - r)
        dx, back, parts = self.gates_back(k, [dr, dz, dn], [dr, dz, dn * r], x, h)
        return dx, back + dh * z, dc, parts
""",
            ),
        ),
    ),
    Variant(
        name="concatenated_inputs",
        why="x and h concatenated, [x, h], times [W_ih, W_hh]: one product per step; its gradient is split at the end.",
        changes=(
            redefine(
                RNN,
                """
class _Joined(LSTM):
    def _run_layer(self, k, inputs, state):
        weight_ih, weight_hh, bias_ih, bias_hh = (parameter.data for parameter in self._weights(k))
        joined, bias = np.hstack([weight_ih, weight_hh]), bias_ih + bias_hh
        h, c = state
        outputs, rows, caches = [], [], []
        for t, x in enumerate(inputs):
            row = np.concatenate([x, h], axis=-1)
            (new_h, new_c), cache = self._step(row @ joined.T, bias, (h, c))
            out = new_h
            if self._valid is not None:
                new_h, new_c = np.where(self._valid[t], new_h, h), np.where(self._valid[t], new_c, c)
                out = np.where(self._valid[t], out, 0)
            h, c = new_h, new_c
            outputs.append(out)
            rows.append(row)
            caches.append(cache)
        return np.array(outputs), (h, c), (rows, caches)

    def _run_layer_back(self, k, grad_output, grad_state):
        weight_ih, weight_hh, bias_ih, bias_hh = self._weights(k)
        joined = np.hstack([weight_ih.data, weight_hh.data])
        rows, caches = self._layers[k]
        total, bias = np.zeros_like(joined), 0.0
        grad_inputs = np.empty((len(rows), len(rows[0]), weight_ih.data.shape[1]))
        grad_h, grad_c = grad_state
        for t in range(len(rows))[::-1]:
            valid = True if self._valid is None else self._valid[t]
            arriving_h, arriving_c = np.where(valid, grad_h + grad_output[t], 0), np.where(valid, grad_c, 0)
            grad_a, _, (_, before_c) = self._step_back((arriving_h, arriving_c), caches[t])
            grad_row = grad_a @ joined
            total += grad_a.T @ rows[t]
            bias = bias + grad_a.sum(axis=0)
            grad_inputs[t] = grad_row[:, : grad_inputs.shape[2]]
            grad_h = grad_row[:, grad_inputs.shape[2] :] + np.where(valid, 0, grad_h)
            grad_c = before_c + np.where(valid, 0, grad_c)
        weight_ih.accumulate(total[:, : grad_inputs.shape[2]])
        weight_hh.accumulate(total[:, grad_inputs.shape[2] :])
        bias_ih.accumulate(bias)
        bias_hh.accumulate(bias)
        return grad_inputs, (grad_h, grad_c)


LSTM = _Joined
""",
            ),
        ),
    ),
    Variant(
        name="nothing_ahead_of_time",
        why="W_ih x is computed in each step, as in the formula, and so are all gradients of the weights.",
        changes=(
            edit(
                RNN,
                "        from_input = inputs @ weight_ih.T + bias_ih  # (T, N, G * H): all steps in one product\n",
                "",
            ),
            edit(
                RNN,
                "self._step(from_input[t], before[0] @ weight_hh.T + bias_hh, before)",
                "self._step(inputs[t] @ weight_ih.T + bias_ih, before[0] @ weight_hh.T + bias_hh, before)",
            ),
            edit(
                RNN,
                "            grad_state = (grad_state[0] + from_hidden[t] @ weight_hh.data, *grad_state[1:])\n",
                "            grad_state = (grad_state[0] + from_hidden[t] @ weight_hh.data, *grad_state[1:])\n"
                "            weight_ih.accumulate(from_input[t].T @ inputs[t])\n"
                "            weight_hh.accumulate(from_hidden[t].T @ befores[t])\n"
                "            bias_ih.accumulate(from_input[t].sum(axis=0))\n"
                "            bias_hh.accumulate(from_hidden[t].sum(axis=0))\n",
            ),
            edit(
                RNN,
                "        weight_ih.accumulate(np.tensordot(from_input, inputs, axes=([0, 1], [0, 1])))\n"
                "        weight_hh.accumulate(np.tensordot(from_hidden, befores, axes=([0, 1], [0, 1])))\n"
                "        bias_ih.accumulate(from_input.sum(axis=(0, 1)))\n"
                "        bias_hh.accumulate(from_hidden.sum(axis=(0, 1)))\n",
                "",
            ),
        ),
    ),
    Variant(
        name="caches_in_arrays",
        why="The LSTM writes gates and states into arrays made once for all steps, and computes all gates in place.",
        changes=(
            redefine(
                RNN,
                """
class LSTM(LSTM):
    def _run_layer(self, k, inputs, state):
        weight_ih, weight_hh, bias_ih, bias_hh = (parameter.data for parameter in self._weights(k))
        steps, batch, size = len(inputs), inputs.shape[1], self.hidden_size
        gates = inputs @ weight_ih.T
        gates += bias_ih + bias_hh
        h, c = np.empty((steps + 1, batch, size)), np.empty((steps + 1, batch, size))
        tanh_c = np.empty((steps, batch, size))
        h[0], c[0] = state
        output = np.empty((steps, batch, size))
        for t in range(steps):
            a = gates[t]
            a += h[t] @ weight_hh.T
            for block in (slice(0, 2 * size), slice(3 * size, None)):
                a[:, block] = sigmoid(a[:, block])
            np.tanh(a[:, 2 * size : 3 * size], out=a[:, 2 * size : 3 * size])
            i, f, g, o = (a[:, j * size : (j + 1) * size] for j in range(4))
            np.multiply(f, c[t], out=c[t + 1])
            c[t + 1] += i * g
            np.tanh(c[t + 1], out=tanh_c[t])
            np.multiply(o, tanh_c[t], out=h[t + 1])
            output[t] = h[t + 1]
            if self._valid is not None:
                over = ~self._valid[t, :, 0]
                output[t, over] = 0.0
                h[t + 1, over] = h[t, over]
                c[t + 1, over] = c[t, over]
        return output, (h[-1].copy(), c[-1].copy()), (inputs, gates, h, c, tanh_c)

    def _run_layer_back(self, k, grad_output, grad_state):
        weight_ih, weight_hh, bias_ih, bias_hh = self._weights(k)
        inputs, gates, h, c, tanh_c = self._layers[k]
        size, grad_a = self.hidden_size, np.empty_like(gates)
        dh, dc = (part.copy() for part in grad_state)
        for t in reversed(range(len(inputs))):
            i, f, g, o = (gates[t][:, j * size : (j + 1) * size] for j in range(4))
            held_h, held_c = dh.copy(), dc.copy()
            dh += grad_output[t]
            dc += dh * o * (1 - tanh_c[t] ** 2)
            grad_a[t, :, :size] = dc * g * i * (1 - i)
            grad_a[t, :, size : 2 * size] = dc * c[t] * f * (1 - f)
            grad_a[t, :, 2 * size : 3 * size] = dc * i * (1 - g * g)
            grad_a[t, :, 3 * size :] = dh * tanh_c[t] * o * (1 - o)
            dc *= f
            if self._valid is not None:
                over = ~self._valid[t, :, 0]
                grad_a[t, over] = 0.0
            dh = grad_a[t] @ weight_hh.data
            if self._valid is not None:
                dh[over], dc[over] = held_h[over], held_c[over]
        flat = grad_a.reshape(-1, 4 * size)
        weight_ih.accumulate(flat.T @ inputs.reshape(len(flat), -1))
        weight_hh.accumulate(flat.T @ h[:-1].reshape(len(flat), -1))
        for bias in (bias_ih, bias_hh):
            bias.accumulate(np.ones(len(flat)) @ flat)
        return (flat @ weight_ih.data).reshape(inputs.shape), (dh, dc)
""",
            ),
        ),
    ),
    Variant(
        name="shrinking_batch",
        why="Packed sequences as in PyTorch: sorted by length, and each step computes only those that have not ended.",
        changes=(
            redefine(
                RNN,
                """
class _Packed(Recurrent):
    def _run_layer(self, k, inputs, state):
        weight_ih, weight_hh, bias_ih, bias_hh = (parameter.data for parameter in self._weights(k))
        steps, batch = inputs.shape[:2]
        lengths = np.full(batch, steps) if self._valid is None else self._valid.sum(axis=(0, 2))
        order = np.argsort(-lengths, kind="stable")
        state = [part[order] for part in state]
        output, kept = np.zeros((steps, batch, self.hidden_size)), []
        for t in range(steps):
            going = int((lengths > t).sum())
            before = tuple(part[:going] for part in state)
            x = inputs[t, order[:going]]
            new, cache = self._step(x @ weight_ih.T + bias_ih, before[0] @ weight_hh.T + bias_hh, before)
            kept.append((x, before[0].copy(), cache, going))
            state = [np.concatenate([one, part[going:]]) for one, part in zip(new, state, strict=True)]
            output[t, order[:going]] = new[0]
        return output, tuple(part[np.argsort(order)] for part in state), (order, kept)

    def _run_layer_back(self, k, grad_output, grad_state):
        weight_ih, weight_hh, bias_ih, bias_hh = self._weights(k)
        order, kept = self._layers[k]
        grad_state = [part[order] for part in grad_state]
        grad_inputs = np.zeros((*grad_output.shape[:2], weight_ih.data.shape[1]))
        sums = [np.zeros_like(parameter.data) for parameter in self._weights(k)]
        for t in range(len(kept) - 1, -1, -1):
            x, before, cache, going = kept[t]
            arriving = [part[:going] for part in grad_state]
            arriving[0] = arriving[0] + grad_output[t, order[:going]]
            from_input, from_hidden, back = self._step_back(tuple(arriving), cache)
            back = [back[0] + from_hidden @ weight_hh.data, *back[1:]]
            grad_state = [np.concatenate([one, part[going:]]) for one, part in zip(back, grad_state, strict=True)]
            grad_inputs[t, order[:going]] = from_input @ weight_ih.data
            parts = (from_input.T @ x, from_hidden.T @ before, from_input.sum(0), from_hidden.sum(0))
            for total, part in zip(sums, parts, strict=True):
                total += part
        for parameter, total in zip(self._weights(k), sums, strict=True):
            parameter.accumulate(total)
        return grad_inputs, tuple(part[np.argsort(order)] for part in grad_state)


class LSTM(_Packed, LSTM):
    pass


class GRU(_Packed, GRU):
    pass


class RNN(_Packed, RNN):
    pass
""",
            ),
        ),
    ),
    Variant(
        name="batch_first_inside",
        why="Everything runs on (N, T, features) inside, time is the second axis; time-first x is transposed.",
        changes=(
            edit(
                RNN,
                "        from_input = inputs @ weight_ih.T + bias_ih  # (T, N, G * H): all steps in one product\n"
                "        output, befores, caches = np.zeros((*inputs.shape[:2], self.hidden_size)), [], []\n"
                "        for t in range(len(inputs)):\n"
                "            before = state\n"
                "            state, cache = self._step(from_input[t], before[0] @ weight_hh.T + bias_hh, before)\n"
                "            output[t] = state[0]\n",
                "        across = np.ascontiguousarray(inputs.transpose(1, 0, 2))  # (N, T, features)\n"
                "        from_input = np.einsum('ntd,gd->ntg', across, weight_ih) + bias_ih\n"
                "        across_output = np.zeros((*across.shape[:2], self.hidden_size))\n"
                "        output, befores, caches = across_output.transpose(1, 0, 2), [], []\n"
                "        for t in range(across.shape[1]):\n"
                "            before = state\n"
                "            from_hidden = np.einsum('nh,gh->ng', before[0], weight_hh) + bias_hh\n"
                "            state, cache = self._step(from_input[:, t], from_hidden, before)\n"
                "            across_output[:, t] = state[0]\n",
            ),
        ),
    ),
    Variant(
        name="other_formulas",
        why="Sigmoid by tanh, tanh by a sigmoid, h = n + z (h - n), derivatives with y - y^2.",
        changes=(
            redefine(
                RNN,
                """
def sigmoid(x):
    return 0.5 * (1.0 + np.tanh(0.5 * x))


class GRU(GRU):
    def _step(self, from_input, from_hidden, state):
        size = self.hidden_size
        both = sigmoid(from_input[:, : 2 * size] + from_hidden[:, : 2 * size])
        r, z = both[:, :size], both[:, size:]
        b_n = from_hidden[:, 2 * size :]
        n = 2.0 * sigmoid(2.0 * (from_input[:, 2 * size :] + r * b_n)) - 1.0
        return (n + z * (state[0] - n),), (r, z, n, b_n, state[0])

    def _step_back(self, grad_state, cache):
        (grad_h,), (r, z, n, b_n, before) = grad_state, cache
        grad_n = (grad_h - grad_h * z) * (1.0 - n) * (1.0 + n)
        grad_z = grad_h * (before - n) * (z - z**2)
        grad_r = grad_n * b_n * (r - r**2)
        from_input = np.hstack([grad_r, grad_z, grad_n])
        from_hidden = np.hstack([grad_r, grad_z, r * grad_n])
        return from_input, from_hidden, (z * grad_h,)
""",
            ),
        ),
    ),
    Variant(
        name="naive_sigmoid",
        why="1 / (1 + exp(-x)) overflows to inf for large negative x, with a warning, and the result is still right.",
        changes=(
            redefine(RNN, "def sigmoid(x):\n    return 1.0 / (1.0 + np.exp(-x))"),
            redefine(EMBEDDING, "def sigmoid(x):\n    return 1.0 / (1.0 + np.exp(-x))"),
        ),
    ),
    Variant(
        name="cells_as_modules",
        why="Each layer is a separate module in a list, and the long names are second names of its parameters.",
        changes=(
            edit(
                RNN,
                "                setattr(self, name, Parameter(generator.uniform(-bound, bound, shape)))\n",
                "                cell = self.__dict__.setdefault('cells', [])\n"
                "                if len(cell) == k:\n"
                "                    cell.append(Module())\n"
                "                short = name.rsplit('_', 1)[0]\n"
                "                setattr(cell[k], short, Parameter(2 * bound * generator.random(shape) - bound))\n"
                "                setattr(self, name, getattr(cell[k], short))\n",
            ),
            edit(
                RNN,
                'return [getattr(self, f"{name}_l{k}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]',
                "cell = self.cells[k]\n        return [cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh]",
            ),
        ),
    ),
    Variant(
        name="embedding_by_bincount",
        why="The scatter-add of each column is one np.bincount with weights; -1 marks positions that do not count.",
        changes=(
            edit(
                EMBEDDING,
                SCATTER + "        if self.padding_idx is not None:\n            grad[self.padding_idx] = 0.0\n",
                "        words = self._indices.ravel()\n"
                "        if self.padding_idx is not None:\n"
                "            words, rows = words[words != self.padding_idx], rows[words != self.padding_idx]\n"
                "        for column in range(grad.shape[1]):\n"
                "            grad[:, column] = np.bincount(words, weights=rows[:, column], minlength=len(grad))\n",
            ),
        ),
    ),
    Variant(
        name="embedding_by_one_hot_of_the_words_that_occur",
        why="One-hot rows times gradients, with a column only for each word that occurs.",
        changes=(
            edit(
                EMBEDDING,
                SCATTER,
                "        present, places = np.unique(self._indices, return_inverse=True)\n"
                "        if len(present):\n"
                "            for start in range(0, places.size, 200):\n"
                "                part = places.ravel()[start : start + 200]\n"
                "                here, there = np.unique(part, return_inverse=True)\n"
                "                one_hot = np.eye(len(here))[there.ravel()]\n"
                "                grad[present[here]] += one_hot.T @ rows[start : start + 200]\n",
            ),
        ),
    ),
    Variant(
        name="embedding_by_loop",
        why="A loop over the positions, each adding a whole row: simple, and fast enough.",
        changes=(
            edit(
                EMBEDDING,
                SCATTER,
                "        for word, row in zip(self._indices.ravel(), rows, strict=True):\n"
                "            grad[word] += row\n",
            ),
        ),
    ),
    Variant(
        name="embedding_by_sorting",
        why="Positions sorted by word, then one np.add.reduceat over the part of each word.",
        changes=(
            edit(
                EMBEDDING,
                SCATTER,
                "        words = self._indices.ravel()\n"
                "        order = np.argsort(words, kind='stable')\n"
                "        present, starts = np.unique(words[order], return_index=True)\n"
                "        if len(present):\n"
                "            grad[present] = np.add.reduceat(rows[order], starts, axis=0)\n",
            ),
        ),
    ),
    Variant(
        name="skip_gram_pair_by_pair",
        why="Pairs by two loops over positions; loss and gradients by a loop over pairs, each by its formula.",
        changes=(
            redefine(
                EMBEDDING,
                """
def skip_gram_pairs(tokens, window):
    found = [
        (int(tokens[i]), int(tokens[j]))
        for i in range(len(tokens))
        for j in range(max(0, i - window), min(len(tokens), i + window + 1))
        if j != i
    ]
    array = np.array(found, dtype=np.int64).reshape(-1, 2)
    return array[:, 0], array[:, 1]


def draw_negatives(probabilities, shape, rng):
    edges = np.cumsum(probabilities)
    return np.minimum(np.searchsorted(edges, rng.random(shape) * edges[-1], side="right"), len(edges) - 1)


class SkipGram(SkipGram):
    def forward(self, centres, contexts, negatives):
        self.batch = list(zip(centres.tolist(), contexts.tolist(), negatives.tolist(), strict=True))
        loss = 0.0
        for c, o, drawn in self.batch:
            v, U = self.centre.weight.data[c], self.context.weight.data
            loss += np.logaddexp(0, -(U[o] @ v)) + np.logaddexp(0, U[drawn] @ v).sum()
        return loss / len(self.batch)

    def backward(self):
        V, U = self.centre.weight.data, self.context.weight.data
        grad_v, grad_u = np.zeros_like(V), np.zeros_like(U)
        for c, o, drawn in self.batch:
            for word, label in [(o, 1.0), *((n, 0.0) for n in drawn)]:
                error = sigmoid(U[word] @ V[c]) - label
                grad_v[c] += error * U[word]
                grad_u[word] += error * V[c]
        self.centre.weight.accumulate(grad_v / len(self.batch))
        self.context.weight.accumulate(grad_u / len(self.batch))
""",
            ),
        ),
    ),
    Variant(
        name="skip_gram_by_logits_loss",
        why="The loss is BCEWithLogitsLoss of scores and labels, times 1 + K to make its mean over pairs only.",
        changes=(
            redefine(
                EMBEDDING,
                """
from scratch.nn import BCEWithLogitsLoss


class SkipGram(SkipGram):
    def forward(self, centres, contexts, negatives):
        words = np.hstack([contexts.reshape(-1, 1), negatives])
        self.v, self.u = self.centre(centres)[:, None], self.context(words)
        scores = (self.v * self.u).sum(axis=-1)
        labels = np.zeros(scores.shape)
        labels[:, 0] = 1
        self.criterion = BCEWithLogitsLoss()
        self.count = words.shape[1]
        return self.count * self.criterion(scores, labels)

    def backward(self):
        grad = self.count * self.criterion.backward()[..., None]
        self.context.backward(grad * self.v)
        self.centre.backward((grad * self.u).sum(axis=1))
""",
            ),
        ),
    ),
    Variant(
        name="model_with_its_own_loss",
        why="Chunks by index arithmetic, softmax and loss written out, gradients averaged by hand, clipping by hand.",
        changes=(
            redefine(
                MODEL,
                """
def text_chunks(tokens, batch_size, seq_len):
    size = (len(tokens) - 1) // batch_size
    rows = np.arange(batch_size)[:, None] * size
    found = []
    start = 0
    while start < size:
        places = rows + np.arange(start, min(start + seq_len, size))
        found.append((tokens[places], tokens[places + 1]))
        start += seq_len
    return found


def next_probabilities(logits, temperature=1.0):
    if temperature < 0:
        raise ValueError("negative")
    if temperature == 0:
        return np.eye(logits.shape[-1])[logits.argmax(axis=-1)]
    powers = np.exp((logits - logits.max(axis=-1, keepdims=True)) / temperature)
    return powers / powers.sum(axis=-1, keepdims=True)


def _loss_and_grad(logits, targets):
    probabilities = next_probabilities(logits)
    n, t = np.indices(targets.shape)
    loss = -np.log(probabilities[n, t, targets]).mean()
    grad = probabilities.copy()
    grad[n, t, targets] -= 1
    return loss, grad / targets.size


def train_epoch(model, optimiser, chunks, max_norm):
    losses, state = [], None
    for inputs, targets in chunks:
        model.zero_grad()
        logits, state = model.forward(inputs, state)
        loss, grad = _loss_and_grad(logits, targets)
        model.backward(grad)
        norm = np.sqrt(sum((p.grad**2).sum() for p in model.parameters()))
        if norm > max_norm:
            for p in model.parameters():
                p.grad *= max_norm / norm
        optimiser.step()
        losses.append(loss)
    return np.asarray(losses)


def perplexity(model, chunks):
    state, losses = None, []
    for inputs, targets in chunks:
        logits, state = model.forward(inputs, state)
        n, t = np.indices(targets.shape)
        losses.append(-np.log(next_probabilities(logits)[n, t, targets]).ravel())
    return np.exp(np.concatenate(losses).mean())


def generate(model, prompt, length, temperature=1.0, rng=None):
    rng = rng or np.random.default_rng()
    state, result = None, np.empty(length, dtype=int)
    for character in prompt:
        logits, state = model.forward(np.array([[character]]), state)
    for k in range(length):
        edges = np.cumsum(next_probabilities(logits[0, -1], temperature))
        result[k] = min(np.searchsorted(edges, rng.random() * edges[-1], side="right"), len(edges) - 1)
        logits, state = model.forward(result[None, k : k + 1], state)
    return result
""",
            ),
        ),
    ),
    Variant(
        name="gumbel_sampling",
        why="The largest of logits / temperature plus Gumbel noise has the softmax's probabilities.",
        changes=(
            redefine(
                MODEL,
                """
def generate(model, prompt, length, temperature=1.0, rng=None):
    if rng is None:
        rng = np.random.default_rng()
    logits, state = model(prompt.reshape(1, -1))
    written = []
    for _ in range(length):
        scores = logits[0, -1] + temperature * rng.gumbel(size=logits.shape[-1])
        written.append(np.argmax(scores))
        logits, state = model(np.array([[written[-1]]]), state)
    return np.array(written)
""",
            ),
        ),
    ),
    Variant(
        name="state_in_place",
        why="States are in one buffer that every step writes into; what is kept and returned is copied from it.",
        changes=(
            edit(
                RNN,
                "                state = tuple(np.where(self._valid[t], new, old) for new, old in zip(state, before, "
                "strict=True))\n"
                "                output[t] *= self._valid[t]\n"
                "            befores.append(before[0])\n",
                "                state = tuple(np.where(self._valid[t], new, old) for new, old in zip(state, before, "
                "strict=True))\n"
                "                output[t] *= self._valid[t]\n"
                "            befores.append(before[0].copy())\n"
                "            for kept, new in zip(buffer, state, strict=True):\n"
                "                kept[...] = new\n"
                "            state = tuple(buffer)\n",
            ),
            edit(
                RNN,
                "        output, befores, caches = np.zeros((*inputs.shape[:2], self.hidden_size)), [], []\n",
                "        output, befores, caches = np.zeros((*inputs.shape[:2], self.hidden_size)), [], []\n"
                "        state = buffer = [part.copy() for part in state]\n",
            ),
            edit(
                RNN,
                "            state, cache = self._step(from_input[t], before[0] @ weight_hh.T + bias_hh, before)\n",
                "            owned = tuple(part.copy() for part in before)\n"
                "            before = owned\n"
                "            state, cache = self._step(from_input[t], before[0] @ weight_hh.T + bias_hh, before)\n",
            ),
            edit(RNN, "        return output, state, (inputs,", "        return output, tuple(state), (inputs,"),
        ),
    ),
]
