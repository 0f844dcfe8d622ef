// SPDX-License-Identifier: Apache-2.0
// What the kinds of data share with the registry: one open function each, and the reading of keys.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "kindred/data/label_column.h"
#include "kindred/data/picture_dataset.h"
#include "kindred/data/spec.h"

namespace kindred {

DatasetPtr open_cifar(const DataSpec& spec);
DatasetPtr open_csv(const DataSpec& spec);
DatasetPtr open_fashion_mnist(const DataSpec& spec);
DatasetPtr open_frames(const DataSpec& spec);
DatasetPtr open_idx(const DataSpec& spec);
DatasetPtr open_images(const DataSpec& spec);
DatasetPtr open_jsonl(const DataSpec& spec);
DatasetPtr open_mix(const DataSpec& spec);
DatasetPtr open_npy(const DataSpec& spec);
DatasetPtr open_tar(const DataSpec& spec);
DatasetPtr open_tsv(const DataSpec& spec);

// Throws InvalidArgument naming the known keys where the spec has another; range= and cache= belong to every kind.
void check_keys(const DataSpec& spec, std::initializer_list<std::string_view> known);

// The value of a key, or fallback.
std::string key_or(const DataSpec& spec, std::string_view key, std::string_view fallback);

// The value of a key that must be one of choices; the first is the default. Throws InvalidArgument.
std::string key_choice(const DataSpec& spec, std::string_view key, std::initializer_list<std::string_view> choices);

// The value of a key at its commas; empty without the key.
std::vector<std::string> key_list(const DataSpec& spec, std::string_view key);

// How labels=auto|numbers|names wants labels read.
LabelColumn::Kind key_label_kind(const DataSpec& spec);

// What on_error=fail|skip and min_side=N say, with the name and place of the spec. Throws InvalidArgument.
PictureOptions key_picture_options(const DataSpec& spec);

// Images [N, height, width, channels] from an IDX file with labels (path may be empty: none).
// Throws Corruption where the two do not fit each other.
DatasetPtr idx_dataset(const std::filesystem::path& images, const std::filesystem::path& labels, DatasetInfo info);

}  // namespace kindred
