// SPDX-License-Identifier: Apache-2.0
#include "kindred/train/non_finite.h"

#include "kindred/core/error.h"

namespace kindred {
namespace {

// "element 5 is nan"; empty where all are finite.
std::string bad_element(const at::Tensor& tensor) {
  if (all_finite(tensor)) return {};
  const auto flat = tensor.detach().cpu().to(torch::kDouble).flatten();
  const auto index = torch::isfinite(flat).logical_not().nonzero()[0].item<int64_t>();
  return concat("element ", index, " is ", flat[index].item<double>());
}

std::string named_bad_element(const std::string& name, const at::Tensor& tensor) {
  const auto element = bad_element(tensor);
  return element.empty() ? element : name + ", " + element;
}

// "sample 17 (train.npy[17])" for the id of row `row`.
std::string sample_text(const Batch& batch, int64_t row, const Dataset& dataset) {
  const auto id = static_cast<uint64_t>(batch.ids[row].item<int64_t>());
  for (int64_t i = 0; i < dataset.size(); ++i)
    if (dataset.id(i) == id) return concat("sample ", i, " (", dataset.source(i), ")");
  return concat("the sample with id ", id);
}

std::string first_bad_view(const Batch& batch, const Dataset& dataset) {
  for (size_t view = 0; view < batch.views.size(); ++view) {
    const auto& rows = batch.views[view];
    if (all_finite(rows)) continue;
    for (int64_t row = 0; row < rows.size(0); ++row) {
      const auto element = bad_element(rows[row]);
      if (!element.empty()) return concat("view ", view, " of ", sample_text(batch, row, dataset), ", ", element);
    }
  }
  return {};
}

std::string first_bad_parameter(const Method& method) {
  for (const auto& item : method.named_parameters())
    if (auto bad = named_bad_element("parameter " + item.key(), item.value()); !bad.empty()) return bad;
  return {};
}

std::string first_bad_gradient(const Method& method) {
  for (const auto& item : method.named_parameters())
    if (auto bad = named_bad_element("gradient of " + item.key(), item.value().grad()); !bad.empty()) return bad;
  return {};
}

std::string first_bad_buffer(const Method& method) {
  for (const auto& item : method.named_buffers())
    if (auto bad = named_bad_element("buffer " + item.key(), item.value()); !bad.empty()) return bad;
  return {};
}

}  // namespace

bool all_finite(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.is_floating_point() || tensor.numel() == 0) return true;
  return torch::isfinite(tensor.detach()).all().item<bool>();
}

std::string first_non_finite(const Method& method, const Batch& batch, const StepOutput& output,
                             const Dataset& dataset) {
  if (auto bad = first_bad_view(batch, dataset); !bad.empty()) return bad;
  if (auto bad = first_bad_parameter(method); !bad.empty()) return bad;
  if (auto bad = named_bad_element("output z1", output.z1); !bad.empty()) return bad;
  if (auto bad = named_bad_element("output z2", output.z2); !bad.empty()) return bad;
  if (auto bad = named_bad_element("the loss", output.loss); !bad.empty()) return bad;
  if (auto bad = first_bad_gradient(method); !bad.empty()) return bad;
  return first_bad_buffer(method);
}

std::string first_non_finite_weight(const Method& method) {
  auto bad = first_bad_parameter(method);
  return bad.empty() ? first_bad_buffer(method) : bad;
}

}  // namespace kindred
