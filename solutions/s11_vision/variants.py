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
                "return nn.functional.local_response_norm(x, self.n, alpha=self.alpha * self.n, beta=self.beta, k=self.k)",
                "half = self.n // 2\n        padded = nn.functional.pad(x**2, (0, 0, 0, 0, half, half))\n        total = sum(padded[:, i : i + x.shape[1]] for i in range(self.n))\n        return x / (self.k + self.alpha * total) ** self.beta",
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
                "        maps = [x]\n        for layer in self.layers:\n            maps.append(layer(torch.cat(maps, dim=1)))\n        return torch.cat(maps, dim=1)",
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
                "    ratios = [(2 * i + smooth) / (t + smooth) for i, t in zip(overlap, total)]\n    return 1 - sum(ratios) / len(ratios)",
            ),
        ),
    ),
    Variant(
        name="other_names",
        why="Submodules with other names and made in another order: only the order of use counts.",
        changes=(
            edit(
                TOPOLOGIES,
                "        self.layers = nn.Sequential(\n            nn.Conv2d(in_channels, in_channels, 3, stride, 1, groups=in_channels, bias=False),\n            nn.BatchNorm2d(in_channels),\n            nn.ReLU(),\n            nn.Conv2d(in_channels, out_channels, 1, bias=False),\n            nn.BatchNorm2d(out_channels),\n            nn.ReLU(),\n        )",
                "        self.norm_b = nn.BatchNorm2d(out_channels)\n        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)\n        self.norm_a = nn.BatchNorm2d(in_channels)\n        self.depthwise = nn.Conv2d(in_channels, in_channels, 3, stride, 1, groups=in_channels, bias=False)",
            ),
            edit(
                TOPOLOGIES,
                "        return self.layers(x)",
                "        x = self.norm_a(self.depthwise(x)).relu()\n        return self.norm_b(self.pointwise(x)).relu()",
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
                "        self.linear = nn.Linear(1024 // divisor, num_classes)\n        first, channels = 64 // divisor, 192 // divisor\n",
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


PRACTICE = []

VARIANTS = [*ARCHITECTURES, *BEYOND_2D, *PRACTICE]
