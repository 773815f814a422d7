"""Wrong implementations of s11_vision that students really write."""

from autograder.course.mistakes import Mistake, edit

ALEXNET_VGG = "models/alexnet_vgg.py"
GOOGLENET = "models/googlenet.py"
RESNET = "models/resnet.py"
TOPOLOGIES = "models/topologies.py"
UNET = "models/unet.py"

ARCHITECTURES = [
    Mistake(
        name="lrn_alpha_divided_by_n",
        hint="alpha is divided by the size of the window; the specification does not divide it.",
        catches=("test_local_response_norm",),
        changes=(edit(ALEXNET_VGG, "alpha=self.alpha * self.n", "alpha=self.alpha"),),
        source="torch-student-bugs 78",
    ),
    Mistake(
        name="alexnet_without_groups",
        hint="Convolutions 2, 4 and 5 see all channels; in the paper each sees one of two groups.",
        catches=("test_alexnet",),
        changes=(
            edit(
                ALEXNET_VGG,
                "nn.Conv2d(first, second, 5, padding=2, groups=2)",
                "nn.Conv2d(first, second, 5, padding=2)",
            ),
            edit(
                ALEXNET_VGG,
                "nn.Conv2d(third, fourth, 3, padding=1, groups=2)",
                "nn.Conv2d(third, fourth, 3, padding=1)",
            ),
            edit(
                ALEXNET_VGG,
                "nn.Conv2d(fourth, fifth, 3, padding=1, groups=2)",
                "nn.Conv2d(fourth, fifth, 3, padding=1)",
            ),
        ),
        source="torch-alternatives, AlexNet",
    ),
    Mistake(
        name="alexnet_pool_before_lrn",
        hint="The pool comes before the local response norm; it should follow it.",
        catches=("test_alexnet",),
        changes=(
            edit(
                ALEXNET_VGG,
                "            LocalResponseNorm(),\n            nn.MaxPool2d(3, 2),\n            nn.Conv2d(first,",
                "            nn.MaxPool2d(3, 2),\n            LocalResponseNorm(),\n            nn.Conv2d(first,",
            ),
        ),
        source="torch-alternatives, vision 6",
    ),
    Mistake(
        name="relu_missing_after_hidden_layer",
        hint="A ReLU is missing after a linear layer of AlexNet's and VGG's classifier.",
        catches=("test_alexnet", "test_vgg"),
        changes=(
            edit(
                ALEXNET_VGG,
                "        nn.Linear(hidden, hidden),\n        nn.ReLU(),\n",
                "        nn.Linear(hidden, hidden),\n",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="dropout_missing",
        hint="There is no dropout between the linear layers.",
        catches=("test_dropout",),
        changes=(
            edit(
                ALEXNET_VGG,
                "        nn.Linear(in_features, hidden),\n        nn.ReLU(),\n        nn.Dropout(dropout),\n",
                "        nn.Linear(in_features, hidden),\n        nn.ReLU(),\n",
            ),
            edit(
                ALEXNET_VGG,
                "        nn.Linear(hidden, hidden),\n        nn.ReLU(),\n        nn.Dropout(dropout),\n",
                "        nn.Linear(hidden, hidden),\n        nn.ReLU(),\n",
            ),
        ),
        source="torch-student-bugs 79",
    ),
    Mistake(
        name="vgg_bias_before_batch_norm",
        hint="Convolutions before a batch norm have biases; the specification leaves them out.",
        catches=("test_vgg",),
        changes=(edit(ALEXNET_VGG, ", bias=not batch_norm)", ")"),),
        source="torch-alternatives, VGG",
    ),
    Mistake(
        name="vgg_relu_before_batch_norm",
        hint="The ReLU comes before the batch norm.",
        catches=("test_vgg",),
        changes=(
            edit(
                ALEXNET_VGG,
                "                if batch_norm:\n                    layers.append(nn.BatchNorm2d(channels))\n                layers.append(nn.ReLU())",
                "                layers.append(nn.ReLU())\n                if batch_norm:\n                    layers.append(nn.BatchNorm2d(channels))",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="vgg_e_is_d",
        hint="Configuration E has the layers of D.",
        catches=("test_vgg",),
        changes=(
            edit(
                ALEXNET_VGG,
                '"E": ((1, 1), (2, 2), (4, 4, 4, 4), (8, 8, 8, 8), (8, 8, 8, 8))',
                '"E": ((1, 1), (2, 2), (4, 4, 4), (8, 8, 8), (8, 8, 8))',
            ),
        ),
        source="own",
    ),
    Mistake(
        name="inception_five_is_three",
        hint="The kernel of the third branch is 3 x 3; in the paper it is 5 x 5.",
        catches=("test_inception", "test_googlenet"),
        changes=(edit(GOOGLENET, "_conv(reduce5, five, 5)", "_conv(reduce5, five, 3)"),),
        source="torch-student-bugs 73",
    ),
    Mistake(
        name="inception_branches_reversed",
        hint="The branches' outputs are joined in another order.",
        catches=("test_inception",),
        changes=(
            edit(
                GOOGLENET,
                "torch.cat([branch(x) for branch in self.branches], dim=1)",
                "torch.cat([branch(x) for branch in self.branches][::-1], dim=1)",
            ),
        ),
        source="torch-student-bugs 72",
    ),
    Mistake(
        name="inception_without_relu",
        hint="There is no ReLU after the convolutions of the inception modules.",
        catches=("test_inception",),
        changes=(edit(GOOGLENET, "kernel_size // 2), nn.ReLU())", "kernel_size // 2))"),),
        source="own",
    ),
    Mistake(
        name="inception_pool_is_average",
        hint="The fourth branch takes averages; it should take maxima.",
        catches=("test_inception",),
        changes=(edit(GOOGLENET, "nn.MaxPool2d(3, 1, 1)", "nn.AvgPool2d(3, 1, 1)"),),
        source="own",
    ),
    Mistake(
        name="googlenet_pools_padded",
        hint="The pools between stages have padding 1; the specification uses ceil_mode instead.",
        catches=("test_googlenet",),
        changes=(
            edit(GOOGLENET, "self.pool = nn.MaxPool2d(3, 2, ceil_mode=True)", "self.pool = nn.MaxPool2d(3, 2, 1)"),
        ),
        source="torch-alternatives, shapes",
    ),
    Mistake(
        name="googlenet_heads_in_evaluation",
        hint="The auxiliary heads also answer in evaluation.",
        catches=("test_googlenet",),
        changes=(edit(GOOGLENET, "if self.training and name in self.heads", "if name in self.heads"),),
        source="torch-student-bugs 76",
    ),
    Mistake(
        name="googlenet_heads_swapped",
        hint="The two heads are returned in the other order.",
        catches=("test_googlenet",),
        changes=(edit(GOOGLENET, "(logits, *auxiliary)", "(logits, *auxiliary[::-1])"),),
        source="torch-alternatives, vision 12",
    ),
    Mistake(
        name="googlenet_head_after_4b",
        hint="The first head is after inception 4b; it should be after 4a.",
        catches=("test_googlenet",),
        changes=(edit(GOOGLENET, 'in ("4a", "4d")', 'in ("4b", "4d")'),),
        source="own",
    ),
    Mistake(
        name="googlenet_head_detached",
        hint="The heads' losses do not reach the trunk: its map is detached.",
        catches=("test_googlenet",),
        changes=(edit(GOOGLENET, "self.heads[name](x)", "self.heads[name](x.detach())"),),
        source="torch-student-bugs 14",
    ),
    Mistake(
        name="auxiliary_weight_one",
        hint="The heads' losses count once; they should count 0.3 times.",
        catches=("test_auxiliary_loss",),
        changes=(edit(GOOGLENET, "main + weight * sum(heads)", "main + sum(heads)"),),
        source="torch-student-bugs 76",
    ),
    Mistake(
        name="auxiliary_loss_of_main_only",
        hint="The heads' losses are left out.",
        catches=("test_auxiliary_loss",),
        changes=(edit(GOOGLENET, "main + weight * sum(heads)", "main + 0 * sum(heads)"),),
        source="torch-student-bugs 77",
    ),
    Mistake(
        name="resnet_stride_in_first_one",
        hint="The bottleneck's stride is in its first 1 x 1 convolution; the specification has it in the 3 x 3.",
        catches=("test_block",),
        changes=(
            edit(
                RESNET,
                "(in_channels, width, 1, 1), (width, width, 3, stride)",
                "(in_channels, width, 1, stride), (width, width, 3, 1)",
            ),
        ),
        source="torch-alternatives, vision 1",
    ),
    Mistake(
        name="resnet_relu_before_sum",
        hint="The last ReLU is applied before the sum; it should follow it.",
        catches=("test_block",),
        changes=(
            edit(
                RESNET,
                "return self.relu(inner + (x if self.shortcut is None else self.shortcut(x)))",
                "return self.relu(inner) + (x if self.shortcut is None else self.shortcut(x))",
            ),
        ),
        source="torch-student-bugs 63",
    ),
    Mistake(
        name="resnet_shortcut_without_norm",
        hint="There is no batch norm on the projection.",
        catches=("test_block", "test_resnet"),
        changes=(
            edit(
                RESNET,
                "            if not pre_activation:\n                self.shortcut.append(nn.BatchNorm2d(out_channels))\n",
                "",
            ),
        ),
        source="torch-student-bugs 66",
    ),
    Mistake(
        name="resnet_relu_on_input",
        hint="The block's shortcut carries relu(x); it should carry x.",
        catches=("test_block",),
        changes=(edit(RESNET, "        inner = x\n", "        inner = x = self.relu(x)\n"),),
        source="torch-student-bugs 64",
    ),
    Mistake(
        name="pre_activation_shortcut_of_raw_input",
        hint="The projection of a pre-activation block takes x; it should take the result of the first batch norm and ReLU.",
        catches=("test_block",),
        changes=(edit(RESNET, "self.shortcut(first))", "self.shortcut(x))"),),
        source="torch-student-bugs 66",
    ),
    Mistake(
        name="pre_activation_identity_activated",
        hint="The identity of a pre-activation block carries the result of the first ReLU; it should carry x.",
        catches=("test_block",),
        changes=(
            edit(
                RESNET,
                "return inner + (x if self.shortcut is None else self.shortcut(first))",
                "return inner + (first if self.shortcut is None else self.shortcut(first))",
            ),
        ),
        source="torch-student-bugs 64",
    ),
    Mistake(
        name="pre_activation_without_last_norm",
        hint="There is no batch norm and ReLU after the last pre-activation block.",
        catches=("test_resnet",),
        changes=(
            edit(
                RESNET,
                "nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU()) if pre_activation else nn.Identity()",
                "nn.Identity()",
            ),
        ),
        source="torch-alternatives, pre-activation",
    ),
    Mistake(
        name="zero_init_ignored",
        hint="zero_init changes nothing.",
        catches=("test_zero_init",),
        changes=(
            edit(
                RESNET,
                "        if zero_init:\n            nn.init.zeros_((self.convs if pre_activation else self.norms)[-1].weight)\n",
                "",
            ),
        ),
        source="torch-alternatives, vision 3",
    ),
    Mistake(
        name="resnet_101_has_22_blocks",
        hint="The third stage of ResNet-101 has 22 blocks; it should have 23.",
        catches=("test_depths",),
        changes=(edit(RESNET, "(3, 4, 23, 3)", "(3, 4, 22, 3)"),),
        source="own",
    ),
    Mistake(
        name="depthwise_is_full",
        hint="The 3 x 3 convolution mixes channels; each channel should have a kernel of its own.",
        catches=("test_depthwise_separable",),
        changes=(edit(TOPOLOGIES, "1, groups=in_channels, bias=False", "1, bias=False"),),
        source="own",
    ),
    Mistake(
        name="depthwise_without_middle_relu",
        hint="There is no ReLU between the two convolutions.",
        catches=("test_depthwise_separable",),
        changes=(
            edit(
                TOPOLOGIES,
                "            nn.BatchNorm2d(in_channels),\n            nn.ReLU(),\n",
                "            nn.BatchNorm2d(in_channels),\n",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="dense_new_first",
        hint="The new channels are put before the old ones; they should follow them.",
        catches=("test_dense_block",),
        changes=(edit(TOPOLOGIES, "torch.cat([x, layer(x)], dim=1)", "torch.cat([layer(x), x], dim=1)"),),
        source="own",
    ),
    Mistake(
        name="squeeze_over_batch",
        hint="The means are also taken over the batch.",
        catches=("test_squeeze_and_excitation",),
        changes=(edit(TOPOLOGIES, "self.gate(x.mean(dim=(2, 3)))", "self.gate(x.mean(dim=(0, 2, 3))[None])"),),
        source="own",
    ),
    Mistake(
        name="squeeze_adds",
        hint="The gate is added; it should be multiplied.",
        catches=("test_squeeze_and_excitation",),
        changes=(edit(TOPOLOGIES, "return x * self.gate", "return x + self.gate"),),
        source="own",
    ),
    Mistake(
        name="unet_skip_last",
        hint="The upsampled map is put before the skip connection; it should follow it.",
        catches=("test_unet",),
        changes=(
            edit(
                UNET,
                "torch.cat([skip, nn.functional.pad(x, (0, right, 0, below))]",
                "torch.cat([nn.functional.pad(x, (0, right, 0, below)), skip]",
            ),
        ),
        source="own",
    ),
    Mistake(
        name="unet_pads_at_the_top",
        hint="Odd sizes are filled up at the top and left; it should be at the bottom and right.",
        catches=("test_unet",),
        changes=(edit(UNET, "(0, right, 0, below)", "(right, 0, below, 0)"),),
        source="own",
    ),
    Mistake(
        name="dice_of_logits",
        hint="Dice is computed with sigmoids, not with a softmax over the classes.",
        catches=("test_losses_of_segmentation",),
        changes=(edit(UNET, "logits.softmax(dim=1)", "logits.sigmoid()"),),
        source="own",
    ),
    Mistake(
        name="dice_over_all_classes_at_once",
        hint="One ratio is taken over all classes; it should be a mean of one for each class.",
        catches=("test_losses_of_segmentation",),
        changes=(edit(UNET, "axes = (0, 2, 3)", "axes = (0, 1, 2, 3)"),),
        source="own",
    ),
    Mistake(
        name="dice_image_by_image",
        hint="Sums are taken in each image; they should be over the whole batch.",
        catches=("test_losses_of_segmentation",),
        changes=(edit(UNET, "axes = (0, 2, 3)", "axes = (2, 3)"),),
        source="own",
    ),
    Mistake(
        name="dice_without_cross_entropy",
        hint="The segmentation loss has no cross-entropy.",
        catches=("test_losses_of_segmentation",),
        changes=(edit(UNET, "return nn.functional.cross_entropy(logits, target) + dice_loss", "return dice_loss"),),
        source="own",
    ),
    Mistake(
        name="average_over_height_only",
        hint="The global average of ResNet leaves one axis to a maximum.",
        catches=("test_resnet",),
        changes=(edit(RESNET, ".mean(dim=(2, 3)))", ".mean(dim=2).amax(dim=2))"),),
        source="own",
    ),
    Mistake(
        name="logits_detached",
        hint="The logits are detached from the graph: nothing before the last layer is trained.",
        catches=("test_networks_learn", "test_resnet"),
        changes=(
            edit(
                RESNET,
                "self.linear(self.last(self.blocks(self.stem(x))).mean(dim=(2, 3)))",
                "self.linear(self.last(self.blocks(self.stem(x))).mean(dim=(2, 3)).detach() * 0)",
            ),
        ),
        source="torch-student-bugs 14",
    ),
]


SERIES = "models/series.py"
VIDEO = "models/video.py"

BEYOND_2D = [
    Mistake(
        name="causal_conv_padded_on_both_sides",
        hint="The zeros are on both sides, so that an output sees later steps: all zeros belong on the left.",
        catches=("test_later_steps_change_nothing_before",),
        changes=(
            edit(
                SERIES,
                "functional.pad(x, (self.padding, 0))",
                "functional.pad(x, (self.padding - self.padding // 2, self.padding // 2))",
            ),
        ),
        source="Bai et al. 2018, section 3.1",
    ),
    Mistake(
        name="causal_conv_padded_on_the_right",
        hint="The zeros are after the series, so that each output sees only later steps: put them before the series.",
        catches=("test_causal_conv",),
        changes=(edit(SERIES, "functional.pad(x, (self.padding, 0))", "functional.pad(x, (0, self.padding))"),),
    ),
    Mistake(
        name="causal_padding_without_dilation",
        hint="The number of zeros does not grow with the dilation.",
        catches=("test_causal_conv",),
        changes=(edit(SERIES, "self.padding = (kernel_size - 1) * dilation", "self.padding = kernel_size - 1"),),
    ),
    Mistake(
        name="causal_conv_cut_at_the_wrong_end",
        hint="Both sides are padded, which is right if the end of the output is cut off; here its beginning is.",
        catches=("test_causal_conv",),
        changes=(
            edit(
                SERIES,
                "return self.conv(functional.pad(x, (self.padding, 0)))",
                "return self.conv(functional.pad(x, (self.padding, self.padding)))[..., self.padding :]",
            ),
        ),
        source="Bai et al. 2018, published code (Chomp1d)",
    ),
    Mistake(
        name="causal_conv_sees_only_the_past",
        hint="The output at step t does not depend on the input at step t: it is one step late.",
        catches=("test_causal_conv",),
        changes=(
            edit(
                SERIES,
                "return self.conv(functional.pad(x, (self.padding, 0)))",
                "return self.conv(functional.pad(x, (self.padding + 1, -1)))",
            ),
        ),
        source="WaveNet, masks of type A in PixelCNN",
    ),
    Mistake(
        name="dilation_ignored",
        hint="The dilation has no effect on the convolution.",
        catches=("test_causal_conv",),
        changes=(
            edit(
                SERIES,
                "        self.padding = (kernel_size - 1) * dilation\n",
                "        dilation = 1\n        self.padding = (kernel_size - 1) * dilation\n",
            ),
        ),
    ),
    Mistake(
        name="kernel_turned_round_in_time",
        hint="The kernel is turned round: its last weight belongs to step t, its first to the oldest step.",
        catches=("test_causal_conv",),
        changes=(
            edit(
                SERIES,
                "return self.conv(functional.pad(x, (self.padding, 0)))",
                "return functional.conv1d(\n            functional.pad(x, (self.padding, 0)), self.conv.weight.flip(-1), self.conv.bias, dilation=self.conv.dilation\n        )",
            ),
        ),
    ),
    Mistake(
        name="receptive_field_from_kernel_sizes",
        hint="The receptive field is the sum of k d; a convolution adds (k - 1) d steps to the 1 of the output itself.",
        catches=("test_receptive_field",),
        changes=(edit(SERIES, "1 + sum((size - 1) * dilation for", "sum(size * dilation for"),),
    ),
    Mistake(
        name="receptive_field_without_the_step_itself",
        hint="The receptive field is 1 too small: without any convolution an output sees one step.",
        catches=("test_receptive_field",),
        changes=(edit(SERIES, "return 1 + sum(", "return sum("),),
    ),
    Mistake(
        name="receptive_field_with_one_convolution_a_block",
        hint="receptive_field counts one convolution a block; a block has two.",
        catches=("test_influence_is_the_receptive_field",),
        changes=(
            edit(SERIES, "for level in range(len(channels)) for _ in range(2)]", "for level in range(len(channels))]"),
        ),
        source="Bai et al. 2018: the formula of section 3.2 has one convolution a level, the code two",
    ),
    Mistake(
        name="second_convolution_without_dilation",
        hint="The second convolution of the block has dilation 1; it has the same dilation as the first.",
        catches=("test_temporal_block",),
        changes=(
            edit(
                SERIES,
                "CausalConv1d(out_channels, out_channels, kernel_size, dilation)",
                "CausalConv1d(out_channels, out_channels, kernel_size)",
            ),
        ),
    ),
    Mistake(
        name="shortcut_forgotten",
        hint="The block's input is not added to its output.",
        catches=("test_temporal_block",),
        changes=(edit(SERIES, "functional.relu(y + self.shortcut(x))", "functional.relu(y + 0 * self.shortcut(x))"),),
    ),
    Mistake(
        name="no_relu_after_the_sum",
        hint="There is no ReLU after the sum with the shortcut.",
        catches=("test_temporal_block",),
        changes=(edit(SERIES, "return functional.relu(y + self.shortcut(x))", "return y + self.shortcut(x)"),),
    ),
    Mistake(
        name="no_relu_before_the_sum",
        hint="There is no ReLU between the second convolution and the sum.",
        catches=("test_temporal_block",),
        changes=(edit(SERIES, "self.dropout(functional.relu(self.second(y)))", "self.dropout(self.second(y))"),),
    ),
    Mistake(
        name="dropout_also_in_evaluation",
        hint="Dropout also acts in eval mode: use nn.Dropout, or pass self.training to functional.dropout.",
        catches=("test_dropout_in_the_temporal_block",),
        changes=(
            edit(
                SERIES,
                "y = self.dropout(functional.relu(self.second(y)))",
                "y = functional.dropout(functional.relu(self.second(y)), self.dropout.p)",
            ),
        ),
        source="torch-student-bugs (functional.dropout without training)",
    ),
    Mistake(
        name="dropout_forgotten",
        hint="The argument dropout has no effect in training.",
        catches=("test_dropout_in_the_temporal_block",),
        changes=(edit(SERIES, "nn.Dropout(dropout)", "nn.Dropout(0.0)"),),
    ),
    Mistake(
        name="dilation_grows_by_one",
        hint="The dilations of the blocks are 1, 2, 3, ...; they are 1, 2, 4, ...",
        catches=("test_tcn",),
        changes=(edit(SERIES, "kernel_size, 2**level, dropout)", "kernel_size, level + 1, dropout)"),),
    ),
    Mistake(
        name="same_dilation_in_every_block",
        hint="Every block has dilation 1; it doubles from block to block.",
        catches=("test_tcn",),
        changes=(edit(SERIES, "kernel_size, 2**level, dropout)", "kernel_size, 1, dropout)"),),
    ),
    Mistake(
        name="dilation_starts_at_two",
        hint="The first block has dilation 2; it has 1.",
        catches=("test_tcn",),
        changes=(edit(SERIES, "kernel_size, 2**level, dropout)", "kernel_size, 2 ** (level + 1), dropout)"),),
    ),
    Mistake(
        name="series_last_step_only",
        hint="The last step is used instead of the mean over all steps.",
        catches=("test_series_cnn",),
        changes=(edit(SERIES, "self.features(x).mean(dim=-1)", "self.features(x)[..., -1]"),),
    ),
    Mistake(
        name="series_classifier_without_last_relu",
        hint="There is no ReLU between the third convolution and the mean over time.",
        catches=("test_series_cnn",),
        changes=(
            edit(SERIES, "self.head(self.features(x).mean(dim=-1))", "self.head(self.features[:-1](x).mean(dim=-1))"),
        ),
    ),
    Mistake(
        name="series_maximum_over_time",
        hint="The maximum over time is taken; the specification asks for the mean.",
        catches=("test_series_cnn",),
        changes=(edit(SERIES, "self.features(x).mean(dim=-1)", "self.features(x).amax(dim=-1)"),),
    ),
    Mistake(
        name="series_logits_are_probabilities",
        hint="The classifier returns probabilities; the loss expects logits.",
        catches=("test_series_cnn",),
        changes=(
            edit(
                SERIES,
                "return self.head(self.features(x).mean(dim=-1))",
                "return self.head(self.features(x).mean(dim=-1)).softmax(dim=-1)",
            ),
        ),
        source="torch-student-bugs (softmax before cross-entropy)",
    ),
    Mistake(
        name="series_weights_start_at_zero",
        hint="All weights start at 0, so that the ReLUs let no gradient through: leave PyTorch's initial values.",
        catches=("test_wave_forms_are_learnt",),
        changes=(
            edit(
                SERIES,
                "        self.head = nn.Linear(2 * width, num_classes)\n",
                "        self.head = nn.Linear(2 * width, num_classes)\n        for parameter in self.parameters():\n            nn.init.zeros_(parameter)\n",
            ),
        ),
    ),
    Mistake(
        name="mid_channels_rounded_up",
        hint="mid_channels is rounded up; it is rounded down.",
        catches=("test_mid_channels",),
        changes=(
            edit(
                VIDEO,
                "return full // (space_size**2 * in_channels + time_size * out_channels)",
                "return -(-full // (space_size**2 * in_channels + time_size * out_channels))",
            ),
        ),
    ),
    Mistake(
        name="mid_channels_not_whole",
        hint="mid_channels is not a whole number: an int is asked for.",
        catches=("test_mid_channels",),
        changes=(edit(VIDEO, "return full // (", "return full / ("),),
    ),
    Mistake(
        name="mid_channels_with_channels_swapped",
        hint="The numbers of input and output channels are swapped in the denominator of mid_channels.",
        catches=("test_mid_channels",),
        changes=(
            edit(
                VIDEO,
                "(space_size**2 * in_channels + time_size * out_channels)",
                "(space_size**2 * out_channels + time_size * in_channels)",
            ),
        ),
    ),
    Mistake(
        name="mid_channels_with_one_space_size",
        hint="mid_channels has d in place of d squared.",
        catches=("test_mid_channels",),
        changes=(
            edit(VIDEO, "    full = time_size * space_size**2 *", "    full = time_size * space_size *"),
            edit(VIDEO, "full // (space_size**2 *", "full // (space_size *"),
        ),
    ),
    Mistake(
        name="split_without_relu",
        hint="There is no ReLU between the convolution over space and the one over time.",
        catches=("test_conv2plus1d",),
        changes=(
            edit(
                VIDEO,
                "            nn.BatchNorm3d(middle),\n            nn.ReLU(),\n",
                "            nn.BatchNorm3d(middle),\n",
            ),
        ),
        source="Tran et al. 2018, section 3.5: twice the number of nonlinearities",
    ),
    Mistake(
        name="split_with_relu_before_batch_norm",
        hint="ReLU is before batch norm; it comes after.",
        catches=("test_conv2plus1d",),
        changes=(
            edit(
                VIDEO,
                "            nn.BatchNorm3d(middle),\n            nn.ReLU(),\n",
                "            nn.ReLU(),\n            nn.BatchNorm3d(middle),\n",
            ),
        ),
    ),
    Mistake(
        name="split_with_time_padded_as_space",
        hint="The padding of the convolution over time is that of space: with sizes that differ, the number of frames changes.",
        catches=("test_conv2plus1d",),
        changes=(edit(VIDEO, "padding=(time_size // 2, 0, 0)", "padding=(space_size // 2, 0, 0)"),),
    ),
    Mistake(
        name="split_with_bias",
        hint="The convolution over space has a bias; batch norm takes it away again.",
        catches=("test_conv2plus1d",),
        changes=(edit(VIDEO, "padding=(0, padding, padding), bias=False)", "padding=(0, padding, padding))"),),
    ),
    Mistake(
        name="split_replicates_the_border",
        hint="The border is repeated; the specification pads with zeros.",
        catches=("test_conv2plus1d",),
        changes=(
            edit(
                VIDEO,
                "padding=(time_size // 2, 0, 0), bias=False)",
                'padding=(time_size // 2, 0, 0), bias=False, padding_mode="replicate")',
            ),
        ),
    ),
    Mistake(
        name="clip_with_time_and_channels_swapped",
        hint="Time and channels are swapped: a clip is (N, C, T, H, W). This runs only where T = C.",
        catches=("test_video_cnn",),
        changes=(edit(VIDEO, "self.features(x).mean", "self.features(x.transpose(1, 2)).mean"),),
        source="torch-student-bugs 84",
    ),
    Mistake(
        name="clip_reshaped_to_swap_time",
        hint="Time and channels are mixed by reshape: this keeps the shape, but frames and channels are mixed up.",
        catches=("test_video_cnn",),
        changes=(edit(VIDEO, "self.features(x).mean", "self.features(x.transpose(1, 2).reshape(x.shape)).mean"),),
        source="torch-student-bugs 54",
    ),
    Mistake(
        name="pooling_in_time_too",
        hint="The pooling also halves the number of frames; it takes (1, 2, 2).",
        catches=("test_video_cnn",),
        changes=(edit(VIDEO, "nn.MaxPool3d((1, 2, 2))", "nn.MaxPool3d(2)"),),
    ),
    Mistake(
        name="clip_average_pooling",
        hint="The average over 2 by 2 is taken; the specification asks for the maximum.",
        catches=("test_video_cnn",),
        changes=(edit(VIDEO, "nn.MaxPool3d((1, 2, 2))", "nn.AvgPool3d((1, 2, 2))"),),
    ),
    Mistake(
        name="kernels_blind_to_direction",
        hint="Each kernel is the same forwards and backwards in time: the model cannot tell a clip from the same played backwards.",
        catches=("test_clip_played_backwards",),
        changes=(
            edit(
                VIDEO,
                "return self.head(self.features(x).mean(dim=(2, 3, 4)))",
                "return self.head((self.features(x) + self.features(x.flip(2))).mean(dim=(2, 3, 4)) / 2)",
            ),
        ),
        source="torch-alternatives 24",
    ),
    Mistake(
        name="video_weights_start_at_zero",
        hint="All weights start at 0, so that the ReLUs let no gradient through: leave PyTorch's initial values.",
        catches=("test_directions_are_learnt",),
        changes=(
            edit(
                VIDEO,
                "        self.head = nn.Linear(2 * width, num_classes)\n",
                "        self.head = nn.Linear(2 * width, num_classes)\n        for parameter in self.parameters():\n            nn.init.zeros_(parameter)\n",
            ),
        ),
    ),
    Mistake(
        name="factorised_ignored",
        hint="The argument factorised has no effect.",
        catches=("test_parameters_at_paper_sizes",),
        changes=(
            edit(
                VIDEO, "Conv2Plus1d(inputs, outputs) if factorised else", "Conv2Plus1d(inputs, outputs) if False else"
            ),
        ),
    ),
]


PRACTICE = []

MISTAKES = [*ARCHITECTURES, *BEYOND_2D, *PRACTICE]
