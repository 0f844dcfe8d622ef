// SPDX-License-Identifier: Apache-2.0
#include "kindred/cli/npy_tensor.h"

#include <ATen/ops/empty.h>

#include <cstring>

#include "kindred/data/npy.h"

namespace kindred::cli {
namespace {

at::ScalarType tensor_type(const NpyFile& file) {
  if (file.kind() == 'f') return file.item_bytes() == 8 ? at::kDouble : at::kFloat;
  return file.kind() == 'b' ? at::kBool : at::kLong;
}

template <class Value>
void fill(const NpyFile& file, at::Tensor& values) {
  auto* const out = values.data_ptr<Value>();
  for (int64_t i = 0; i < file.size(); ++i)
    out[i] = file.kind() == 'f' ? static_cast<Value>(file.real(i)) : static_cast<Value>(file.whole(i));
}

}  // namespace

at::Tensor read_npy_tensor(const std::filesystem::path& path) {
  const NpyFile file(path);
  const at::ScalarType type = tensor_type(file);
  at::Tensor values = at::empty({file.size()}, type);  // in the file's order
  const bool same_bytes = file.kind() != 'u' && file.kind() != 'b' && !file.swapped() &&
                          static_cast<int64_t>(values.element_size()) == file.item_bytes();
  if (file.size() == 0) return values.view(file.shape());
  if (same_bytes) std::memcpy(values.data_ptr(), file.bytes(), static_cast<size_t>(file.size() * file.item_bytes()));
  else if (type == at::kDouble) fill<double>(file, values);
  else if (type == at::kFloat) fill<float>(file, values);
  else if (type == at::kBool) fill<bool>(file, values);
  else fill<int64_t>(file, values);
  return values.as_strided(file.shape(), file.strides()).contiguous();
}

void write_npy_tensor(const std::filesystem::path& path, const at::Tensor& x) {
  const at::Tensor values = x.detach().contiguous();
  const auto count = static_cast<size_t>(values.numel());
  if (values.scalar_type() == at::kDouble) write_npy(path, {values.data_ptr<double>(), count}, values.sizes().vec());
  else write_npy(path, {values.data_ptr<float>(), count}, values.sizes().vec());
}

}  // namespace kindred::cli
