"""Correct implementations of s11_vision written another way."""

from autograder.course.mistakes import Variant, edit, redefine

ALEXNET_VGG = "models/alexnet_vgg.py"
GOOGLENET = "models/googlenet.py"
RESNET = "models/resnet.py"
TOPOLOGIES = "models/topologies.py"
UNET = "models/unet.py"

ARCHITECTURES = [
    Variant(
        name="bias_by_clamp",
        why="ReLU as a clamp.",
        changes=(edit(RESNET, "        self.relu = nn.ReLU()\n", "        self.relu = lambda x: x.clamp(min=0)\n"),),
    ),
    Variant(
        name="lrn_by_hand",
        why="Local response norm as a sum over shifted channels.",
        changes=(
            edit(
                ALEXNET_VGG,
                "return nn.functional.local_response_norm(x, self.n, alpha=self.alpha * self.n, "
                "beta=self.beta, k=self.k)",
                "half = self.n // 2\n"
                "        padded = nn.functional.pad(x**2, (0, 0, 0, 0, half, half))\n"
                "        total = sum(padded[:, i : i + x.shape[1]] for i in range(self.n))\n"
                "        return x / (self.k + self.alpha * total) ** self.beta",
            ),
        ),
    ),
    Variant(
        name="global_average_by_pool",
        why="Global average by an adaptive pool.",
        changes=(
            edit(
                RESNET,
                "self.linear(self.last(self.blocks(self.stem(x))).mean(dim=(2, 3)))",
                "self.linear(nn.functional.adaptive_avg_pool2d(self.last(self.blocks(self.stem(x))), 1).flatten(1))",
            ),
        ),
    ),
    Variant(
        name="outputs_as_a_list",
        why="GoogLeNet's outputs in training as a list.",
        changes=(edit(GOOGLENET, "(logits, *auxiliary)", "[logits, *auxiliary]"),),
    ),
    Variant(
        name="relu_functional_in_place",
        why="ReLU in place where the value is not used again.",
        changes=(edit(GOOGLENET, "kernel_size // 2), nn.ReLU())", "kernel_size // 2), nn.ReLU(inplace=True))"),),
    ),
    Variant(
        name="dense_block_keeps_a_list",
        why="The dense block keeps a list and joins it for each layer.",
        changes=(
            edit(
                TOPOLOGIES,
                "        for layer in self.layers:\n            x = torch.cat([x, layer(x)], dim=1)\n        return x",
                "        maps = [x]\n"
                "        for layer in self.layers:\n"
                "            maps.append(layer(torch.cat(maps, dim=1)))\n"
                "        return torch.cat(maps, dim=1)",
            ),
        ),
    ),
    Variant(
        name="gate_by_one_by_one_convolutions",
        why="Squeeze-and-excitation with 1 x 1 convolutions on the means.",
        changes=(
            edit(
                TOPOLOGIES,
                "nn.Linear(channels, channels // reduction)",
                "nn.Conv2d(channels, channels // reduction, 1)",
            ),
            edit(
                TOPOLOGIES,
                "nn.Linear(channels // reduction, channels)",
                "nn.Conv2d(channels // reduction, channels, 1)",
            ),
            edit(
                TOPOLOGIES,
                "return x * self.gate(x.mean(dim=(2, 3)))[:, :, None, None]",
                "return x * self.gate(x.mean(dim=(2, 3), keepdim=True))",
            ),
        ),
    ),
    Variant(
        name="dice_by_a_loop",
        why="Dice by a loop over the classes.",
        changes=(
            edit(
                UNET,
                "    return 1 - ((2 * overlap + smooth) / (total + smooth)).mean()",
                "    ratios = [(2 * i + smooth) / (t + smooth) for i, t in zip(overlap, total)]\n"
                "    return 1 - sum(ratios) / len(ratios)",
            ),
        ),
    ),
    Variant(
        name="other_names",
        why="Submodules with other names and made in another order: only the order of use counts.",
        changes=(
            edit(
                TOPOLOGIES,
                "        self.layers = nn.Sequential(\n"
                "            nn.Conv2d(in_channels, in_channels, 3, stride, 1, groups=in_channels, bias=False),\n"
                "            nn.BatchNorm2d(in_channels),\n"
                "            nn.ReLU(),\n"
                "            nn.Conv2d(in_channels, out_channels, 1, bias=False),\n"
                "            nn.BatchNorm2d(out_channels),\n"
                "            nn.ReLU(),\n"
                "        )",
                "        self.norm_b = nn.BatchNorm2d(out_channels)\n"
                "        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)\n"
                "        self.norm_a = nn.BatchNorm2d(in_channels)\n"
                "        self.depthwise = nn.Conv2d(in_channels, in_channels, 3, stride, 1, "
                "groups=in_channels, bias=False)",
            ),
            edit(
                TOPOLOGIES,
                "        return self.layers(x)",
                "        x = self.norm_a(self.depthwise(x)).relu()\n"
                "        return self.norm_b(self.pointwise(x)).relu()",
            ),
        ),
    ),
    Variant(
        name="heads_made_first",
        why="GoogLeNet's last layer is made before its trunk.",
        changes=(
            edit(
                GOOGLENET,
                "        self.dropout = nn.Dropout(dropout)\n        self.linear = nn.Linear(channels, num_classes)\n",
                "        self.dropout = nn.Dropout(dropout)\n",
            ),
            edit(
                GOOGLENET,
                "        first, channels = 64 // divisor, 192 // divisor\n",
                "        self.linear = nn.Linear(1024 // divisor, num_classes)\n"
                "        first, channels = 64 // divisor, 192 // divisor\n",
            ),
        ),
    ),
]


SERIES = "models/series.py"
VIDEO = "models/video.py"

BEYOND_2D = [
    Variant(
        name="series_padded_and_cut",
        why="nn.Conv1d pads both sides and the end of the output is cut off (Chomp1d in the code of Bai et al.).",
        changes=(
            redefine(
                SERIES,
                """
class CausalConv1d(CausalConv1d):
    def __init__(self, in_channels, out_channels, kernel_size, dilation=1):
        nn.Module.__init__(self)
        self.padding = (kernel_size - 1) * dilation
        self.convolution = nn.Conv1d(in_channels, out_channels, kernel_size, dilation=dilation, padding=self.padding)

    def forward(self, x):
        return self.convolution(x)[..., : x.shape[-1]]
""",
            ),
        ),
    ),
    Variant(
        name="series_sum_over_taps",
        why="The causal convolution as a sum of shifted products, without a convolution of PyTorch.",
        changes=(
            redefine(
                SERIES,
                """
class CausalConv1d(CausalConv1d):
    def forward(self, x):
        import torch

        weight, dilation = self.conv.weight, self.conv.dilation[0]
        size, steps = weight.shape[-1], x.shape[-1]
        padded = functional.pad(x, (self.padding, 0))
        y = self.conv.bias[:, None]
        for tap in range(size):
            y = y + torch.einsum("oc,ncl->nol", weight[..., tap], padded[..., tap * dilation :][..., :steps])
        return y
""",
            ),
        ),
    ),
    Variant(
        name="series_no_identity_module",
        why="The shortcut is None where the channels agree, and the names of submodules are others.",
        changes=(
            redefine(
                SERIES,
                """
class TemporalBlock(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, dilation=1, dropout=0.0):
        super().__init__()
        self.net = nn.Sequential(
            CausalConv1d(in_channels, out_channels, kernel_size, dilation), nn.ReLU(), nn.Dropout(dropout),
            CausalConv1d(out_channels, out_channels, kernel_size, dilation), nn.ReLU(), nn.Dropout(dropout),
        )
        self.downsample = nn.Conv1d(in_channels, out_channels, 1) if in_channels != out_channels else None
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.relu(self.net(x) + (x if self.downsample is None else self.downsample(x)))
""",
            ),
        ),
    ),
    Variant(
        name="receptive_field_in_closed_form",
        why="1 + 2 (k - 1) (2**n - 1) as a property.",
        changes=(
            edit(
                SERIES,
                "        self.receptive_field = receptive_field([kernel_size] * len(dilations), dilations)\n",
                "        self.levels, self.size = len(channels), kernel_size\n",
            ),
            redefine(
                SERIES,
                """
class TCN(TCN):
    @property
    def receptive_field(self):
        return 1 + 2 * (self.size - 1) * (2**self.levels - 1)
""",
            ),
        ),
    ),
    Variant(
        name="series_adaptive_pooling",
        why="The mean over time is AdaptiveAvgPool1d and Flatten within one Sequential.",
        changes=(
            redefine(
                SERIES,
                """
class SeriesCNN(nn.Module):
    def __init__(self, in_channels, num_classes, width=16):
        super().__init__()
        layers, sizes = [], [in_channels, width, 2 * width, 2 * width]
        for number, stride in enumerate((1, 2, 2)):
            layers += [nn.Conv1d(sizes[number], sizes[number + 1], 5, stride, padding="same" if stride == 1 else 2),
                       nn.ReLU()]
        self.model = nn.Sequential(*layers, nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(sizes[-1], num_classes))

    def forward(self, x):
        return self.model(x)
""",
            ),
        ),
    ),
    Variant(
        name="split_by_padding_same",
        why="padding='same' and functional.relu in the (2+1)-D layer; the middle by math.floor of a quotient.",
        changes=(
            redefine(
                VIDEO,
                """
def mid_channels(in_channels, out_channels, time_size=3, space_size=3):
    import math

    t, d = time_size, space_size
    return math.floor(t * d * d * in_channels * out_channels / (d * d * in_channels + t * out_channels))


class Conv2Plus1d(nn.Module):
    def __init__(self, in_channels, out_channels, time_size=3, space_size=3):
        super().__init__()
        middle = mid_channels(in_channels, out_channels, time_size, space_size)
        self.space = nn.Conv3d(in_channels, middle, (1, space_size, space_size), padding="same", bias=False)
        self.norm = nn.BatchNorm3d(middle)
        self.time = nn.Conv3d(middle, out_channels, (time_size, 1, 1), padding="same", bias=False)

    def forward(self, x):
        return self.time(nn.functional.relu(self.norm(self.space(x))))
""",
            ),
        ),
    ),
    Variant(
        name="split_by_frames",
        why="The convolution over space is Conv2d's arithmetic on frames as a batch; weights as specified.",
        changes=(
            redefine(
                VIDEO,
                """
class Conv2Plus1d(Conv2Plus1d):
    def forward(self, x):
        space, norm, relu, time = self.layers
        n, c, t, h, w = x.shape
        frames = x.transpose(1, 2).reshape(n * t, c, h, w)
        y = nn.functional.conv2d(frames, space.weight.squeeze(2), padding=space.padding[1:])
        y = y.reshape(n, t, -1, h, w).transpose(1, 2)
        return time(relu(norm(y)))
""",
            ),
        ),
    ),
    Variant(
        name="video_adaptive_pooling",
        why="AdaptiveAvgPool3d and flatten in the place of a mean over three axes.",
        changes=(
            edit(
                VIDEO,
                "self.features(x).mean(dim=(2, 3, 4))",
                "nn.functional.adaptive_avg_pool3d(self.features(x), 1).flatten(1)",
            ),
        ),
    ),
]

LOOPS = "models/loops.py"
TRANSFER = "models/transfer.py"
AUGMENTATION = "models/augmentation.py"
CHECKPOINTS = "models/checkpoints.py"
SEEDING = "models/seeding.py"
TRACKING = "models/tracking.py"

PRACTICE = [
    Variant(
        name="evaluation_in_inference_mode",
        why="inference_mode in the place of no_grad.",
        changes=(edit(LOOPS, "with torch.no_grad():", "with torch.inference_mode():"),),
    ),
    Variant(
        name="loss_from_sums",
        why="The sum of the samples' losses from log-probabilities; the mean is taken at the end.",
        changes=(
            edit(
                LOOPS,
                "        return logits, cross_entropy(logits, labels)\n",
                "        return logits, nn.functional.nll_loss(logits.log_softmax(dim=1), labels)\n",
            ),
        ),
    ),
    Variant(
        name="loss_outside_autocast",
        why="Only the model runs in autocast; the logits are float32 before the loss.",
        changes=(
            edit(
                LOOPS,
                "        logits = model(images)\n        return logits, cross_entropy(logits, labels)\n",
                "        logits = model(images)\n"
                "    wide = logits.float() if autocast_dtype is not None else logits\n"
                "    return logits, cross_entropy(wide, labels)\n",
            ),
        ),
    ),
    Variant(
        name="gradients_kept_as_zeros",
        why="zero_grad writes zeros in the place of None, at the end of a batch as well as at the beginning.",
        changes=(
            edit(LOOPS, "        optimiser.zero_grad()\n", "        optimiser.zero_grad(set_to_none=False)\n"),
            edit(
                LOOPS,
                "        totals.add(logits.detach(), loss.detach(), labels)\n",
                "        totals.add(logits.detach(), loss.detach(), labels)\n        model.zero_grad()\n",
            ),
        ),
    ),
    Variant(
        name="clipping_by_hand",
        why="The total norm as the norm of one long vector, with torch's 1e-6.",
        changes=(
            edit(
                LOOPS,
                "            nn.utils.clip_grad_norm_(model.parameters(), max_norm)\n",
                "            grads = [of.grad for of in model.parameters() if of.grad is not None]\n"
                "            total = torch.cat([grad.flatten() for grad in grads]).norm()\n"
                "            for grad in grads:\n"
                "                grad.mul_((max_norm / (total + 1e-6)).clamp(max=1.0))\n",
            ),
        ),
    ),
    Variant(
        name="batch_norms_in_evaluation",
        why="Only the batch norms of frozen stages are put into evaluation mode; frozen parameters stay in a group.",
        changes=(
            edit(
                TRANSFER,
                "            stage.eval()\n",
                "            for layer in stage.modules():\n"
                "                if isinstance(layer, nn.BatchNorm2d):\n"
                "                    layer.eval()\n",
            ),
            edit(
                TRANSFER,
                "learning = [parameter for parameter in stage.parameters() if parameter.requires_grad]",
                "learning = list(stage.parameters())",
            ),
        ),
    ),
    Variant(
        name="groups_by_parameter",
        why="A group for each parameter, the backbone's before the head's.",
        changes=(
            redefine(
                TRANSFER,
                """
def parameter_groups(model, *, head_lr, backbone_lr, decay):
    last = len(model.backbone) - 1
    groups = [
        {"params": [parameter], "lr": backbone_lr * decay ** (last - number)}
        for number, stage in enumerate(model.backbone)
        for parameter in stage.parameters()
        if parameter.requires_grad
    ]
    return groups + [{"params": [parameter], "lr": head_lr} for parameter in model.head.parameters()]
""",
            ),
        ),
    ),
    Variant(
        name="flips_in_a_loop",
        why="A decision for each image in a loop, on a copy.",
        changes=(
            edit(
                AUGMENTATION,
                "    chosen = torch.rand(len(images), generator=generator) < p\n"
                "    return torch.where(chosen[:, None, None, None], images.flip(3), images)\n",
                "    result = images.clone()\n"
                "    for number in range(len(images)):\n"
                "        if float(torch.rand((), generator=generator)) < p:\n"
                "            result[number] = images[number].flip(-1)\n"
                "    return result\n",
            ),
        ),
    ),
    Variant(
        name="crops_by_index",
        why="Rows and columns are gathered by index, without a loop.",
        changes=(
            edit(
                AUGMENTATION,
                "    places = torch.randint(2 * padding + 1, (count, 2), generator=generator).tolist()\n"
                "    return torch.stack([image[:, y : y + height, x : x + width]"
                " for image, (y, x) in zip(padded, places, strict=True)])\n",
                "    y = torch.randint(2 * padding + 1, (count, 1), generator=generator) + torch.arange(height)\n"
                "    x = torch.randint(2 * padding + 1, (count, 1), generator=generator) + torch.arange(width)\n"
                "    n = torch.arange(count)[:, None, None]\n"
                "    return padded[n, :, y[:, :, None], x[:, None, :]].permute(0, 3, 1, 2)\n",
            ),
        ),
    ),
    Variant(
        name="one_weight_for_each_image",
        why="mixup draws a weight for each image, as a quotient of gamma variables.",
        changes=(
            edit(
                AUGMENTATION,
                "    lam = float(np.random.default_rng(seed).beta(alpha, alpha))\n",
                "    drawn = np.random.default_rng(seed).beta(alpha, alpha, len(images))\n"
                "    lam = torch.tensor(drawn, dtype=images.dtype)[:, None, None, None]\n",
            ),
            edit(
                AUGMENTATION,
                "    return mixed, lam * hot + (1.0 - lam) * hot[permutation]\n",
                "    lam = lam[:, 0, 0]\n    return mixed, lam * hot + (1.0 - lam) * hot[permutation]\n",
            ),
        ),
    ),
    Variant(
        name="numpy_state_as_a_tensor",
        why="The keys of numpy's generator are saved as a tensor.",
        changes=(
            edit(CHECKPOINTS, "keys.tolist()", "torch.from_numpy(keys.astype(np.int64))"),
            edit(CHECKPOINTS, "np.array(keys, dtype=np.uint32)", "keys.numpy().astype(np.uint32)"),
        ),
    ),
    Variant(
        name="sampler_in_the_place_of_shuffle",
        why="A RandomSampler with the generator.",
        changes=(
            edit(
                SEEDING,
                "        shuffle=True,\n",
                "        sampler=torch.utils.data.RandomSampler(\n"
                "            dataset, generator=torch.Generator().manual_seed(seed)\n"
                "        ),\n",
            ),
        ),
    ),
    Variant(
        name="step_by_keyword",
        why="The writer's arguments by name; histograms of arrays; scalars after the histograms.",
        changes=(
            edit(
                TRACKING,
                "writer.add_histogram(name, parameter.detach(), epoch)",
                "writer.add_histogram(tag=name, values=parameter.detach().numpy(), global_step=epoch)",
            ),
            edit(
                TRACKING,
                'writer.add_scalar(f"{part}/{name}", value, epoch)',
                'writer.add_scalar(tag="/".join((part, name)), scalar_value=value, global_step=epoch)',
            ),
        ),
    ),
]

VARIANTS = [*ARCHITECTURES, *BEYOND_2D, *PRACTICE]
