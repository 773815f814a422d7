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
                "                if batch_norm:\n"
                "                    layers.append(nn.BatchNorm2d(channels))\n"
                "                layers.append(nn.ReLU())",
                "                layers.append(nn.ReLU())\n"
                "                if batch_norm:\n"
                "                    layers.append(nn.BatchNorm2d(channels))",
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
                "            if not pre_activation:\n"
                "                self.shortcut.append(nn.BatchNorm2d(out_channels))\n",
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
        hint=(
            "The projection of a pre-activation block takes x; it should take the result of the first "
            "batch norm and ReLU."
        ),
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
                "        if zero_init:\n"
                "            nn.init.zeros_((self.convs if pre_activation else self.norms)[-1].weight)\n",
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
        name="depthwise_in_a_loop",
        hint="A Python loop over the channels.",
        catches=("test_depthwise_in_time",),
        changes=(
            edit(
                TOPOLOGIES,
                "        return self.layers(x)",
                "        depthwise = self.layers[0]\n"
                "        weights = depthwise.weight[:, None]\n"
                "        parts = [\n"
                "            nn.functional.conv2d(x[:, c : c + 1], weights[c], stride=depthwise.stride, padding=1)\n"
                "            for c in range(len(weights))\n"
                "        ]\n"
                "        depthwise(x[:1, :, :4, :4].detach())  # so that its place in the order of use is known\n"
                "        return self.layers[1:](torch.cat(parts, dim=1))",
            ),
        ),
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
        name="causal_conv_in_a_loop",
        hint="A Python loop over the steps.",
        catches=("test_causal_conv_in_time",),
        changes=(
            edit(
                SERIES,
                "return self.conv(functional.pad(x, (self.padding, 0)))",
                "import torch\n\n"
                "        padded = functional.pad(x, (self.padding, 0))\n"
                "        length = self.padding + 1\n"
                "        steps = [self.conv(padded[..., t : t + length]) for t in range(x.shape[-1])]\n"
                "        return torch.cat(steps, dim=-1)",
            ),
        ),
        source="own",
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
        source="van den Oord et al. 2016 (PixelCNN), masks of type A: right in a first layer only",
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
                "return functional.conv1d(\n"
                "            functional.pad(x, (self.padding, 0)), self.conv.weight.flip(-1), "
                "self.conv.bias, dilation=self.conv.dilation\n"
                "        )",
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
        source="torch-student-bugs 19",
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
        source="torch-student-bugs 1",
    ),
    Mistake(
        name="series_weights_start_at_zero",
        hint="All weights start at 0, so that the ReLUs let no gradient through: leave PyTorch's initial values.",
        catches=("test_wave_forms_are_learnt",),
        changes=(
            edit(
                SERIES,
                "        self.head = nn.Linear(2 * width, num_classes)\n",
                "        self.head = nn.Linear(2 * width, num_classes)\n"
                "        for parameter in self.parameters():\n"
                "            nn.init.zeros_(parameter)\n",
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
        hint=(
            "The padding of the convolution over time is that of space: with sizes that differ, the "
            "number of frames changes."
        ),
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
        hint=(
            "Each kernel is the same forwards and backwards in time: the model cannot distinguish a clip from "
            "the same played backwards."
        ),
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
                "        self.head = nn.Linear(2 * width, num_classes)\n"
                "        for parameter in self.parameters():\n"
                "            nn.init.zeros_(parameter)\n",
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

LOOPS = "models/loops.py"
TRANSFER = "models/transfer.py"
AUGMENTATION = "models/augmentation.py"
CHECKPOINTS = "models/checkpoints.py"
SEEDING = "models/seeding.py"
TRACKING = "models/tracking.py"

PRACTICE = [
    Mistake(
        name="training_without_train_mode",
        hint="The model is not put into training mode, so that batch norm uses old statistics.",
        catches=("test_weights_after_epochs",),
        changes=(edit(LOOPS, "    model.train()\n", ""),),
        source="torch-student-bugs 17",
    ),
    Mistake(
        name="gradients_never_set_to_zero",
        hint="The gradients of earlier batches are not set to zero.",
        catches=("test_weights_after_epochs",),
        changes=(edit(LOOPS, "        optimiser.zero_grad()\n", ""),),
        source="torch-student-bugs 6",
    ),
    Mistake(
        name="gradients_set_to_zero_once_an_epoch",
        hint="The gradients are set to zero once an epoch; this belongs before each batch.",
        catches=("test_weights_after_epochs",),
        changes=(
            edit(LOOPS, "        optimiser.zero_grad()\n", ""),
            edit(LOOPS, "    model.train()\n", "    model.train()\n    optimiser.zero_grad()\n"),
        ),
        source="torch-student-bugs 6",
    ),
    Mistake(
        name="gradients_set_to_zero_before_the_step",
        hint="The gradients are set to zero between the backward pass and the step, so that the step changes nothing.",
        catches=("test_weights_after_epochs",),
        changes=(
            edit(LOOPS, "        optimiser.zero_grad()\n", ""),
            edit(
                LOOPS,
                "        if max_norm is not None:\n",
                "        optimiser.zero_grad()\n        if max_norm is not None:\n",
            ),
        ),
        source="torch-student-bugs 11",
    ),
    Mistake(
        name="mean_of_batch_means",
        hint="The loss is the mean of the batches' means: a small last batch counts too much.",
        catches=("test_epoch_metrics", "test_evaluation"),
        changes=(
            edit(LOOPS, "        self.samples = 0\n", "        self.samples = 0\n        self.batches = 0\n"),
            edit(
                LOOPS,
                "        self.loss += float(loss) * len(labels)\n",
                "        self.loss += float(loss)\n        self.batches += 1\n",
            ),
            edit(LOOPS, "self.loss / self.samples", "self.loss / self.batches"),
        ),
        source="torch-student-bugs 22",
    ),
    Mistake(
        name="accuracy_for_full_batches",
        hint=(
            "The accuracy is divided by the number of batches times the first batch's size, not by that of the samples."
        ),
        catches=("test_epoch_metrics", "test_evaluation"),
        changes=(
            edit(LOOPS, "        self.samples = 0\n", "        self.samples = 0\n        self.sizes = []\n"),
            edit(
                LOOPS,
                "        self.samples += len(labels)\n",
                "        self.samples += len(labels)\n        self.sizes.append(len(labels))\n",
            ),
            edit(LOOPS, "self.correct / self.samples", "self.correct / (len(self.sizes) * self.sizes[0])"),
        ),
        source="torch-student-bugs 23",
    ),
    Mistake(
        name="argmax_over_samples",
        hint="argmax goes over the samples, axis 0; it should go over the classes.",
        catches=("test_epoch_metrics", "test_evaluation"),
        changes=(
            edit(
                LOOPS,
                "(logits.argmax(dim=1) == labels).sum()",
                "(logits.argmax(dim=0)[:, None] == labels).any(dim=0).sum()",
            ),
        ),
        source="torch-student-bugs 24",
    ),
    Mistake(
        name="metrics_after_the_step",
        hint="The loss comes from a second forward pass after the step; use the one of the step itself.",
        catches=("test_epoch_metrics",),
        changes=(
            edit(
                LOOPS,
                "        totals.add(logits.detach(), loss.detach(), labels)\n",
                "        logits, loss = _forward(model, images, labels, autocast_dtype)\n"
                "        totals.add(logits.detach(), loss.detach(), labels)\n",
            ),
        ),
    ),
    Mistake(
        name="clipping_before_unscaling",
        hint="Gradients are clipped while they are still scaled; unscale them first.",
        catches=("test_clipped_steps",),
        changes=(edit(LOOPS, "            scaler.unscale_(optimiser)\n", ""),),
        source="torch-student-bugs 33",
    ),
    Mistake(
        name="clipping_after_the_step",
        hint="Gradients are clipped after the step, when it has no effect any more.",
        catches=("test_clipped_steps",),
        changes=(
            edit(
                LOOPS,
                "        if max_norm is not None:\n"
                "            nn.utils.clip_grad_norm_(model.parameters(), max_norm)\n",
                "",
            ),
            edit(
                LOOPS,
                "        if scheduler is not None:\n",
                "        if max_norm is not None:\n"
                "            nn.utils.clip_grad_norm_(model.parameters(), max_norm)\n"
                "        if scheduler is not None:\n",
            ),
        ),
        source="torch-student-bugs 37",
    ),
    Mistake(
        name="clipping_values",
        hint="Each number is clipped by itself; max_norm is for the norm of all gradients together.",
        catches=("test_clipped_steps",),
        changes=(edit(LOOPS, "clip_grad_norm_", "clip_grad_value_"),),
        source="torch-student-bugs 37",
    ),
    Mistake(
        name="clipping_each_parameter",
        hint="Each parameter is clipped to max_norm by itself; the norm is that of all gradients together.",
        catches=("test_clipped_steps",),
        changes=(
            edit(
                LOOPS,
                "            nn.utils.clip_grad_norm_(model.parameters(), max_norm)\n",
                "            for parameter in model.parameters():\n"
                "                nn.utils.clip_grad_norm_([parameter], max_norm)\n",
            ),
        ),
        source="torch-student-bugs 38",
    ),
    Mistake(
        name="scaler_never_updated",
        hint="The scaler's update is missing: its scale never changes.",
        catches=("test_scale_of_gradients",),
        changes=(edit(LOOPS, "            scaler.update()\n", ""),),
        source="torch-student-bugs 34",
    ),
    Mistake(
        name="step_past_the_scaler",
        hint="optimiser.step() is called although there is a scaler, which would leave out a step that overflows.",
        catches=("test_scale_of_gradients",),
        changes=(edit(LOOPS, "            scaler.step(optimiser)\n", "            optimiser.step()\n"),),
        source="torch-student-bugs 34",
    ),
    Mistake(
        name="schedule_once_an_epoch",
        hint="The scheduler makes a step once an epoch; it should make one after each batch.",
        catches=("test_schedule",),
        changes=(
            edit(LOOPS, "        if scheduler is not None:\n            scheduler.step()\n", ""),
            edit(
                LOOPS,
                "        totals.add(logits.detach(), loss.detach(), labels)\n    return totals.means()\n",
                "        totals.add(logits.detach(), loss.detach(), labels)\n"
                "    if scheduler is not None:\n"
                "        scheduler.step()\n"
                "    return totals.means()\n",
            ),
        ),
        source="torch-student-bugs 27",
    ),
    Mistake(
        name="autocast_without_its_dtype",
        hint="autocast_dtype has no effect: the model computes in float32.",
        catches=("test_bfloat16",),
        changes=(edit(LOOPS, "enabled=autocast_dtype is not None)", "enabled=False)"),),
        source="torch-student-bugs 36",
    ),
    Mistake(
        name="evaluation_without_autocast",
        hint="evaluate does not use autocast_dtype.",
        catches=("test_bfloat16",),
        changes=(
            edit(
                LOOPS,
                "                logits, loss = _forward(model, images, labels, autocast_dtype)\n"
                "                totals.add(logits, loss, labels)\n",
                "                logits, loss = _forward(model, images, labels, None)\n"
                "                totals.add(logits, loss, labels)\n",
            ),
        ),
        source="torch-student-bugs 36",
    ),
    Mistake(
        name="evaluation_in_training_mode",
        hint="evaluate leaves the model in training mode: dropout acts and batch norm's statistics move.",
        catches=("test_evaluation",),
        changes=(edit(LOOPS, "    model.eval()\n", ""),),
        source="torch-student-bugs 16",
    ),
    Mistake(
        name="evaluation_ends_in_evaluation_mode",
        hint="After evaluate the model is still in evaluation mode although it was in training mode before.",
        catches=("test_evaluation",),
        changes=(edit(LOOPS, "        model.train(was_training)\n", "        pass\n"),),
        source="torch-student-bugs 17",
    ),
    Mistake(
        name="evaluation_ends_in_training_mode",
        hint="evaluate always ends in training mode, also if the model was in evaluation mode before.",
        catches=("test_evaluation",),
        changes=(edit(LOOPS, "model.train(was_training)", "model.train()"),),
        source="torch-student-bugs 18",
    ),
    Mistake(
        name="evaluation_with_gradients",
        hint="Evaluation records a graph for gradients: use torch.no_grad().",
        catches=("test_evaluation",),
        changes=(edit(LOOPS, "with torch.no_grad():", "with torch.enable_grad():"),),
        source="torch-student-bugs 21",
    ),
    Mistake(
        name="gradients_left_switched_off",
        hint="After evaluate no gradients are recorded any more: use no_grad as a context.",
        catches=("test_evaluation",),
        changes=(
            edit(LOOPS, "        with torch.no_grad():\n", "        torch.set_grad_enabled(False)\n        if True:\n"),
        ),
    ),
    Mistake(
        name="epoch_without_batches_is_accepted",
        hint="An epoch without a batch gives a number; it should be a ValueError.",
        catches=("test_impossible_calls_are_refused",),
        changes=(edit(LOOPS, '            raise ValueError("there is no batch")\n', "            self.samples = 1\n"),),
    ),
    Mistake(
        name="frozen_batch_norm_moves",
        hint="model.train() puts frozen stages into training mode again, so that batch norm's statistics move.",
        catches=("test_frozen_for_two_epochs", "test_frozen_statistics_are_used"),
        changes=(
            edit(TRANSFER, "        for stage in self.backbone[: self._frozen]:\n            stage.eval()\n", ""),
        ),
        source="torch-student-bugs 86",
    ),
    Mistake(
        name="frozen_statistics_kept_but_not_used",
        hint="Frozen batch norm keeps its statistics but normalises with those of the batch.",
        catches=("test_frozen_statistics_are_used",),
        changes=(
            edit(
                TRANSFER,
                "            stage.eval()\n",
                "            for layer in stage.modules():\n"
                "                if isinstance(layer, nn.BatchNorm2d):\n"
                "                    layer.momentum = 0.0\n",
            ),
        ),
    ),
    Mistake(
        name="nothing_is_frozen",
        hint="The frozen stages' weights learn: requires_grad is not switched off.",
        catches=("test_frozen_for_two_epochs",),
        changes=(edit(TRANSFER, "stage.requires_grad_(number >= self._frozen)", "stage.requires_grad_(True)"),),
        source="torch-student-bugs 88",
    ),
    Mistake(
        name="head_frozen_too",
        hint="The new head is frozen, too: nothing learns.",
        catches=("test_frozen_for_two_epochs",),
        changes=(
            edit(
                TRANSFER,
                "        self.unfreeze(0)\n",
                "        self.unfreeze(0)\n        self.head.requires_grad_(False)\n",
            ),
        ),
        source="torch-student-bugs 87",
    ),
    Mistake(
        name="head_not_in_the_groups",
        hint="The head is in no parameter group, so that the optimiser never changes it.",
        catches=("test_frozen_for_two_epochs", "test_learning_rates"),
        changes=(
            edit(
                TRANSFER,
                '"params": list(model.head.parameters())',
                '"params": [nn.Parameter(model.head.bias.detach())]',
            ),
        ),
        source="torch-student-bugs 89",
    ),
    Mistake(
        name="one_rate_for_everything",
        hint="The backbone learns with the head's rate.",
        catches=("test_learning_rates", "test_gradual_unfreezing"),
        changes=(edit(TRANSFER, '"lr": backbone_lr * decay**distance', '"lr": head_lr'),),
        source="torch-student-bugs 92",
    ),
    Mistake(
        name="rates_without_decay",
        hint="All stages of the backbone have the same rate: decay has no effect.",
        catches=("test_learning_rates",),
        changes=(edit(TRANSFER, "backbone_lr * decay**distance", "backbone_lr"),),
        source="torch-student-bugs 92",
    ),
    Mistake(
        name="first_stage_is_fastest",
        hint="The rates decay in the wrong direction: the last stage should have backbone_lr.",
        catches=("test_learning_rates",),
        changes=(edit(TRANSFER, "enumerate(reversed(model.backbone))", "enumerate(model.backbone)"),),
        source="Howard and Ruder 2018, section 3.2",
    ),
    Mistake(
        name="decay_starts_at_one",
        hint="The last stage has backbone_lr * decay; it should have backbone_lr.",
        catches=("test_learning_rates",),
        changes=(edit(TRANSFER, "decay**distance", "decay ** (distance + 1)"),),
        source="Howard and Ruder 2018, section 3.2",
    ),
    Mistake(
        name="first_stages_unfrozen",
        hint="The first stages learn; it should be the last ones.",
        catches=("test_gradual_unfreezing",),
        changes=(
            edit(TRANSFER, "requires_grad_(number >= self._frozen)", "requires_grad_(number < count)"),
            edit(TRANSFER, "self.backbone[: self._frozen]", "self.backbone[len(self.backbone) - self._frozen :]"),
        ),
        source="Howard and Ruder 2018, section 3.3",
    ),
    Mistake(
        name="never_frozen_again",
        hint="A stage that was unfrozen before is not frozen again.",
        catches=("test_gradual_unfreezing",),
        changes=(
            edit(
                TRANSFER,
                "        self._frozen = len(self.backbone) - count\n",
                "        before = self._frozen or len(self.backbone)\n"
                "        self._frozen = min(before, len(self.backbone) - count)\n",
            ),
        ),
    ),
    Mistake(
        name="too_many_stages_accepted",
        hint="unfreeze accepts a number of stages that there is not: it should raise ValueError.",
        catches=("test_impossible_calls_are_refused",),
        changes=(edit(TRANSFER, "if not 0 <= count <= len(self.backbone):", "if count < 0:"),),
    ),
    Mistake(
        name="flips_upside_down",
        hint="Images are mirrored top to bottom; it should be left to right.",
        catches=("test_flips",),
        changes=(edit(AUGMENTATION, "images.flip(3)", "images.flip(2)"),),
    ),
    Mistake(
        name="one_flip_for_the_batch",
        hint="One decision is made for the whole batch; each image needs its own.",
        catches=("test_flips",),
        changes=(
            edit(
                AUGMENTATION,
                "torch.rand(len(images), generator=generator) < p",
                "torch.rand(1, generator=generator).expand(len(images)) < p",
            ),
        ),
        source="torch-student-bugs 61",
    ),
    Mistake(
        name="flips_with_one_minus_p",
        hint="Images are mirrored with probability 1 - p.",
        catches=("test_flips",),
        changes=(edit(AUGMENTATION, "generator=generator) < p", "generator=generator) >= p"),),
    ),
    Mistake(
        name="flips_from_the_global_generator",
        hint="The flips come from the global generator, not from the one that is given.",
        catches=("test_flips",),
        changes=(edit(AUGMENTATION, "torch.rand(len(images), generator=generator)", "torch.rand(len(images))"),),
        source="torch-alternatives 36",
    ),
    Mistake(
        name="one_crop_for_the_batch",
        hint="All images of a batch are cut at the same place; each needs its own.",
        catches=("test_crops",),
        changes=(
            edit(
                AUGMENTATION,
                "torch.randint(2 * padding + 1, (count, 2), generator=generator).tolist()",
                "torch.randint(2 * padding + 1, (1, 2), generator=generator).tolist() * count",
            ),
        ),
        source="torch-student-bugs 61",
    ),
    Mistake(
        name="crops_never_at_the_last_place",
        hint="The last row and column of places never occur: there are 2 * padding + 1 in each direction.",
        catches=("test_crops",),
        changes=(edit(AUGMENTATION, "torch.randint(2 * padding + 1,", "torch.randint(2 * padding,"),),
    ),
    Mistake(
        name="crops_of_a_repeated_border",
        hint="The border is repeated; it should be zeros.",
        catches=("test_crops",),
        changes=(
            edit(
                AUGMENTATION,
                "pad(images, (padding, padding, padding, padding))",
                'pad(images, (padding, padding, padding, padding), mode="replicate")',
            ),
        ),
    ),
    Mistake(
        name="augmentation_in_evaluation",
        hint="Images are also changed in evaluation mode.",
        catches=("test_augmentation_in_training_only",),
        changes=(edit(AUGMENTATION, "        if not self.training:\n            return images\n", ""),),
        source="torch-student-bugs 58",
    ),
    Mistake(
        name="same_augmentation_in_each_epoch",
        hint="Each epoch has the same crops and flips: the generator starts again with each call.",
        catches=("test_augmentation_in_training_only",),
        changes=(
            edit(
                AUGMENTATION,
                "        if not self.training:\n            return images\n",
                "        if not self.training:\n            return images\n"
                "        self.generator.manual_seed(self.generator.initial_seed())\n",
            ),
        ),
        source="torch-student-bugs 47",
    ),
    Mistake(
        name="mixup_labels_not_mixed",
        hint="The images are mixed, the labels are not.",
        catches=("test_mixup",),
        changes=(edit(AUGMENTATION, "lam * hot + (1.0 - lam) * hot[permutation]", "hot"),),
    ),
    Mistake(
        name="mixup_labels_swapped",
        hint="The weights of the two labels are swapped.",
        catches=("test_mixup",),
        changes=(
            edit(
                AUGMENTATION, "lam * hot + (1.0 - lam) * hot[permutation]", "(1.0 - lam) * hot + lam * hot[permutation]"
            ),
        ),
    ),
    Mistake(
        name="mixup_labels_with_another_partner",
        hint="The labels are mixed with those of another permutation than the images.",
        catches=("test_mixup",),
        changes=(
            edit(
                AUGMENTATION,
                "    return mixed, lam * hot",
                "    permutation = torch.randperm(len(images), generator=generator)\n    return mixed, lam * hot",
            ),
        ),
    ),
    Mistake(
        name="mixup_weight_is_uniform",
        hint="The weight is uniform; it should come from Beta(alpha, alpha).",
        catches=("test_mixup",),
        changes=(edit(AUGMENTATION, ".beta(alpha, alpha)", ".uniform()"),),
    ),
    Mistake(
        name="mixup_weight_from_the_global_generator",
        hint="The weight comes from a global generator, not from the one that is given.",
        catches=("test_mixup",),
        changes=(
            edit(
                AUGMENTATION,
                "float(np.random.default_rng(seed).beta(alpha, alpha))",
                "float(torch.distributions.Beta(alpha, alpha).sample())",
            ),
        ),
    ),
    Mistake(
        name="mixup_partners_from_the_global_generator",
        hint="The permutation comes from the global generator, not from the one that is given.",
        catches=("test_mixup",),
        changes=(
            edit(AUGMENTATION, "torch.randperm(len(images), generator=generator)", "torch.randperm(len(images))"),
        ),
    ),
    Mistake(
        name="checkpoint_without_optimiser",
        hint="The optimiser's state is not put back: Adam's moments start at zero again.",
        catches=("test_resume",),
        changes=(edit(CHECKPOINTS, '    optimiser.load_state_dict(state["optimiser"])\n', ""),),
    ),
    Mistake(
        name="checkpoint_without_scheduler",
        hint="The scheduler's state is not put back: its schedule starts again.",
        catches=("test_resume",),
        changes=(
            edit(
                CHECKPOINTS,
                '    if scheduler is not None:\n        scheduler.load_state_dict(state["scheduler"])\n',
                "",
            ),
        ),
    ),
    Mistake(
        name="checkpoint_without_scaler",
        hint="The scaler's state is not put back.",
        catches=("test_resume",),
        changes=(
            edit(CHECKPOINTS, '    if scaler is not None:\n        scaler.load_state_dict(state["scaler"])\n', ""),
        ),
    ),
    Mistake(
        name="checkpoint_without_generator",
        hint="The generator of the data's order is not put back.",
        catches=("test_resume",),
        changes=(
            edit(CHECKPOINTS, '    if generator is not None:\n        generator.set_state(state["generator"])\n', ""),
        ),
    ),
    Mistake(
        name="checkpoint_without_torch_generator",
        hint="The state of PyTorch's global generator is not put back: dropout draws other numbers.",
        catches=("test_resume",),
        changes=(edit(CHECKPOINTS, '    torch.set_rng_state(state["torch_rng"])\n', ""),),
    ),
    Mistake(
        name="checkpoint_without_numpy_generator",
        hint="The state of numpy's global generator is not put back.",
        catches=("test_resume",),
        changes=(
            edit(
                CHECKPOINTS,
                "    np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))  # noqa: NPY002 - as above\n",
                "",
            ),
        ),
    ),
    Mistake(
        name="checkpoint_seeds_again",
        hint="Saving seeds the global generators: the training goes on with other numbers than without it.",
        catches=("test_resume",),
        changes=(
            edit(
                CHECKPOINTS,
                '    torch.save(state, path)\n    # STUB: raise NotImplementedError("save_checkpoint")',
                "    torch.save(state, path)\n    torch.manual_seed(epoch)\n"
                '    # STUB: raise NotImplementedError("save_checkpoint")',
            ),
        ),
    ),
    Mistake(
        name="checkpoint_epoch_off_by_one",
        hint="load_checkpoint returns one more than the number of finished epochs.",
        catches=("test_resume",),
        changes=(edit(CHECKPOINTS, 'return state["epoch"]', 'return state["epoch"] + 1'),),
    ),
    Mistake(
        name="checkpoint_runs_programs",
        hint="torch.load with weights_only=False runs any program that the file holds.",
        catches=("test_checkpoint_with_a_program",),
        changes=(
            edit(
                CHECKPOINTS,
                "state = torch.load(path, weights_only=True)",
                "state = torch.load(path, weights_only=False)",
            ),
        ),
        source="PyTorch's documentation of torch.load",
    ),
    Mistake(
        name="last_of_the_best_is_kept",
        hint="A model that is only equal to the best replaces it.",
        catches=("test_best_checkpoint",),
        changes=(edit(CHECKPOINTS, "metric <= best", "metric < best"),),
        source="torch-alternatives 34",
    ),
    Mistake(
        name="nan_is_best",
        hint="NaN counts as better than every number.",
        catches=("test_best_checkpoint",),
        changes=(edit(CHECKPOINTS, "if math.isnan(metric) or metric <= best:", "if metric <= best:"),),
    ),
    Mistake(
        name="smallest_metric_is_best",
        hint="The smallest metric is kept; greater is better.",
        catches=("test_best_checkpoint",),
        changes=(edit(CHECKPOINTS, "metric <= best", "metric >= best > -math.inf"),),
    ),
    Mistake(
        name="numpy_not_seeded",
        hint="numpy's global generator is not seeded.",
        catches=("test_same_seed_same_numbers",),
        changes=(
            edit(
                SEEDING,
                "    np.random.seed(seed)  # noqa: NPY002 - the global generator is to be seeded\n"
                "    torch.manual_seed(seed)\n",
                "    torch.manual_seed(seed)\n",
            ),
        ),
    ),
    Mistake(
        name="every_worker_has_the_same_seed",
        hint="Workers are seeded by their number only: each run and each epoch has the same numbers in them.",
        catches=("test_same_seed_same_numbers",),
        changes=(edit(SEEDING, "seed = torch.initial_seed() % 2**32", "seed = worker_id"),),
        source="torch-student-bugs 46",
    ),
    Mistake(
        name="loader_without_shuffling",
        hint="The order is the same in each epoch: the loader does not shuffle.",
        catches=("test_loader",),
        changes=(edit(SEEDING, "        shuffle=True,\n", "        shuffle=False,\n"),),
        source="torch-student-bugs 48",
    ),
    Mistake(
        name="loader_drops_the_last_batch",
        hint="The last, smaller batch is left out.",
        catches=("test_loader",),
        changes=(edit(SEEDING, "        shuffle=True,\n", "        shuffle=True,\n        drop_last=True,\n"),),
        source="torch-student-bugs 49",
    ),
    Mistake(
        name="loader_with_the_global_generator",
        hint="The order depends on the global generator: give the loader a generator of its own.",
        catches=("test_loader",),
        changes=(edit(SEEDING, "        generator=torch.Generator().manual_seed(seed),\n", ""),),
        source="torch-alternatives 36",
    ),
    Mistake(
        name="loader_without_seeded_workers",
        hint="The loader's workers are not seeded with seed_worker.",
        catches=("test_loader",),
        changes=(edit(SEEDING, "worker_init_fn=seed_worker", "worker_init_fn=lambda worker_id: None"),),
        source="torch-student-bugs 46",
    ),
    Mistake(
        name="tags_without_their_part",
        hint="The tags lack the part, so that training and validation overwrite each other: train/loss, valid/loss.",
        catches=("test_log_epoch",),
        changes=(edit(TRACKING, 'f"{part}/{name}"', "name"),),
    ),
    Mistake(
        name="steps_start_at_one",
        hint="The step of the scalars is epoch + 1; it should be epoch.",
        catches=("test_log_epoch",),
        changes=(edit(TRACKING, "value, epoch)", "value, epoch + 1)"),),
    ),
    Mistake(
        name="images_in_each_epoch",
        hint="Images and graph are written in each epoch; once, in epoch 0, is enough.",
        catches=("test_log_epoch",),
        changes=(edit(TRACKING, "if epoch == 0:", "if epoch >= 0:"),),
    ),
    Mistake(
        name="histograms_of_gradients",
        hint="The histograms hold the gradients instead of the parameters' values.",
        catches=("test_log_epoch",),
        changes=(edit(TRACKING, "parameter.detach()", "parameter.grad"),),
    ),
    Mistake(
        name="writer_never_flushed",
        hint="The writer is not flushed at the end of the epoch.",
        catches=("test_log_epoch",),
        changes=(edit(TRACKING, "    writer.flush()\n", ""),),
    ),
    Mistake(
        name="writer_closed_in_each_epoch",
        hint="The writer is closed; it has to stay open for the next epoch.",
        catches=("test_log_epoch",),
        changes=(
            edit(TRACKING, "    writer.flush()\n", "    writer.flush()\n    writer.close()\n    writer.flush()\n"),
        ),
    ),
]

MISTAKES = [*ARCHITECTURES, *BEYOND_2D, *PRACTICE]
