// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/agreement_case.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"
#include "kindred/data/sample.h"
#include "kindred/losses/needs.h"
#include "kindred/losses/registry.h"

namespace kindred {
namespace {

using Regime = AgreementRegime;

// Odd sizes, and those beside a tile's or a vector's.
constexpr std::array<int64_t, 16> kRowCounts{1, 2, 3, 5, 7, 17, 31, 33, 63, 65, 127, 129, 257, 385, 513, 700};
constexpr std::array<int64_t, 13> kColumnCounts{3, 4, 7, 16, 31, 33, 63, 65, 127, 128, 257, 384, 600};
constexpr int64_t kMostValues = 50'000;  // of a view: distances made of differences take N^2 D steps

enum class Draw : uint32_t { kInputs, kOptions, kLayout };
CounterRng stream(const AgreementCase& which, Draw draw) {
  const auto sample = static_cast<uint64_t>(which.regime) << 32 | static_cast<uint64_t>(which.index);
  return {which.seed, RngOp::kTest, sample, static_cast<uint32_t>(draw)};
}

int64_t below(CounterRng& rng, int64_t n) { return static_cast<int64_t>(rng.below(static_cast<uint64_t>(n))); }

at::Tensor rounded(const at::Tensor& x) { return x.to(at::kFloat).to(at::kDouble); }

// Makes the inputs member by member; what is drawn later may depend on what was drawn before.
class Maker {
 public:
  Maker(const LossRow& row, const AgreementCase& which)
      : regime_(which.regime), largest_(which.largest), needs_(loss_needs(row)), rng_(stream(which, Draw::kInputs)) {
    const auto fitting =
        std::count_if(kRowCounts.begin(), kRowCounts.end(), [&](int64_t n) { return n <= which.largest; });
    n_ = kRowCounts[rng_.below(static_cast<uint64_t>(fitting))];
    const auto narrow = std::count_if(kColumnCounts.begin(), kColumnCounts.end(), [&](int64_t d) {
      return d <= (which.largest < kRowCounts.back() ? 16 : std::max<int64_t>(kMostValues / n_, 16));
    });
    d_ = kColumnCounts[rng_.below(static_cast<uint64_t>(narrow))];
    in_.seed = rng_.next_u64() >> 1;
    classes_ = rng_.chance(0.5) ? 1 + below(rng_, 4) : 1 + n_ / 2;
  }

  LossInputs make() {
    make_views();
    make_relation();
    if (given("queue", 0.5)) in_.queue = normal({1 + below(rng_, 300), d_});
    if (in_.ids.defined() && in_.queue.defined() && given("queue_ids", 0.5))
      in_.queue_ids = whole(in_.queue.size(0), 0, n_);
    if (wants("queue") == Wants::kNeeded && in_.ids.defined())
      in_.ids = whole(n_, 0, in_.queue.size(0));  // rows of the bank
    if (given("negatives", in_.queue.defined() ? 0.2 : 0.4)) in_.negatives = normal({n_, 1 + below(rng_, 6), d_});
    if (given("prototypes", 0.7)) in_.prototypes = normal({classes_, d_});
    if (given("mask", 0.5)) in_.mask = whole(n_, 0, 2).to(at::kBool);
    if (given("center", 0.5)) in_.center = normal({d_});
    if (given("logit_scale", 0.3)) in_.logit_scale = rounded(at::scalar_tensor(rng_.uniform(0, 3), at::kDouble));
    if (given("bias", 0.3)) in_.bias = rounded(at::scalar_tensor(rng_.uniform(-5, 0), at::kDouble));
    return std::move(in_);
  }

 private:
  enum class Wants { kNot, kOptional, kNeeded };
  const LossNeed* need(std::string_view member) const {
    const auto found =
        std::find_if(needs_.begin(), needs_.end(), [&](const LossNeed& x) { return x.member == member; });
    return found == needs_.end() ? nullptr : &*found;
  }
  Wants wants(std::string_view member) const {
    const LossNeed* found = need(member);
    if (found == nullptr) return Wants::kNot;
    return found->optional ? Wants::kOptional : Wants::kNeeded;
  }
  bool given(std::string_view member, double chance) {
    const Wants w = wants(member);
    return w == Wants::kNeeded || (w == Wants::kOptional && rng_.chance(chance));
  }

  at::Tensor normal(at::IntArrayRef shape) {
    const at::Tensor x = at::empty(shape, at::kDouble);
    auto* const p = x.data_ptr<double>();
    for (int64_t i = 0; i < x.numel(); ++i)
      p[i] = regime_ == Regime::kWhole ? std::round(1.5 * rng_.normal()) : rng_.normal();
    return rounded(x);
  }
  at::Tensor whole(int64_t n, int64_t low, int64_t high) {
    const at::Tensor x = at::empty({n}, at::kLong);
    for (int64_t i = 0; i < n; ++i) x.data_ptr<int64_t>()[i] = low + below(rng_, high - low);
    return x;
  }

  void make_views() {
    const at::Tensor base = normal({n_, d_});
    const double own = rng_.chance(0.5) ? 0.3 : 3;  // views of an instance alike, or hardly
    const auto one = [&] {
      const at::Tensor noise = normal({n_, d_});
      return regime_ == Regime::kWhole ? base + noise : rounded(base + own * noise);
    };
    const auto fill = [&](std::vector<at::Tensor>& to, std::string_view member) {
      const LossNeed* wanted = need(member);
      if (wanted == nullptr || (wanted->optional && !rng_.chance(0.5))) return;
      const bool room = n_ <= largest_ / 2;  // rows of views are stacked, and some losses take N^3 steps
      const int64_t count = wanted->count + (wanted->or_more && room && rng_.chance(0.5) ? 1 : 0);
      for (int64_t i = 0; i < count; ++i) to.push_back(shaped(one()));
    };
    fill(in_.views, "views");
    fill(in_.targets, "targets");
    if (regime_ == Regime::kCold && in_.views.size() > 1) in_.views.back()[0].copy_(in_.views.front()[0]);
    if (regime_ == Regime::kEqual)
      for (auto& view : in_.views) view.copy_(base[0].expand_as(view));
  }
  // The rows of a view as the regime has them.
  at::Tensor shaped(const at::Tensor& x) {
    if (regime_ == Regime::kDuplicates) return x.index_select(0, whole(n_, 0, 1 + n_ / 3));
    if (regime_ == Regime::kZeroRow) x[below(rng_, n_)].zero_();
    if (regime_ == Regime::kLongRows)
      for (int64_t i = 0; i < n_; ++i) x[i] *= std::pow(10, rng_.uniform(-3, 3));
    return rounded(x);
  }

  // Labels or scores, ids beside them or alone, similar; or none of them.
  void make_relation() {
    if (given("similar", 0.2) && in_.views.size() == 2) {
      in_.similar = whole(n_, 0, 2);
      return;
    }
    const bool scores_instead = wants("scores") != Wants::kNot && rng_.chance(0.2);
    if (scores_instead) in_.scores = normal({n_});
    else if (given("labels", 0.7)) in_.labels = make_labels();
    if (given("ids", 0.4)) in_.ids = whole(n_, 0, n_);
  }
  at::Tensor make_labels() {
    const at::Tensor labels = whole(n_, 0, classes_);
    if (rng_.chance(0.3)) labels[below(rng_, n_)] = kNoLabel;
    return labels;
  }

  Regime regime_;
  int64_t largest_;
  std::vector<LossNeed> needs_;
  CounterRng rng_;
  int64_t n_ = 0, d_ = 0, classes_ = 0;
  LossInputs in_;
};

bool ends_with(const std::string& name, std::string_view last) {
  return name == last || name.ends_with("." + std::string(last));
}

void vary_words(const Field& field, std::string& value, const AgreementCase& which, const LossInputs& in,
                CounterRng& rng) {
  const bool change = rng.chance(0.4);
  const auto& choice = field.choices.empty() ? value : field.choices[rng.below(field.choices.size())];
  if (field.name == "impl" || !change) return;
  if (ends_with(field.name, "kind") && (which.regime != Regime::kWhole || choice == "distance_weighted")) return;
  if (choice == "none" && in.views.front().size(0) > 64) return;  // a term for every triplet
  value = choice;
}

void set_number(std::span<const Field> fields, std::string_view name, double value) {
  if (const Field* field = find_field(fields, name)) *std::get<double*>(field->value) = value;
}

at::Tensor strided(const at::Tensor& x, uint64_t how) {
  if (x.dim() != 2 || how == 0) return x;
  if (how == 1) return x.t().contiguous().t();  // columns first
  const at::Tensor wide = at::zeros({x.size(0), 2 * x.size(1) + 1}, x.options());
  const at::Tensor every_second = wide.slice(1, 1, 2 * x.size(1) + 1, 2);
  every_second.copy_(x);
  return every_second;
}

}  // namespace

std::string_view regime_name(AgreementRegime regime) {
  static constexpr std::array<std::string_view, kAgreementRegimes> kNames{
      "random", "duplicates", "cold", "equal rows", "zero row", "long rows", "whole numbers"};
  return kNames.at(static_cast<size_t>(regime));
}

LossInputs agreement_inputs(const LossRow& row, const AgreementCase& which) { return Maker(row, which).make(); }

void vary_options(std::span<const Field> fields, const AgreementCase& which, const LossInputs& in) {
  CounterRng rng = stream(which, Draw::kOptions);
  for (const auto& field : fields) {
    if (auto* const* word = std::get_if<std::string*>(&field.value)) vary_words(field, **word, which, in, rng);
    if (auto* const* flag = std::get_if<bool*>(&field.value); flag && rng.chance(0.25)) **flag = !**flag;
    if (auto* const* count = std::get_if<int64_t*>(&field.value); count && **count > 16)  // draws, mixtures
      **count = 1 + below(rng, 6);
  }
  if (in.scores.defined()) {
    set_number(fields, "relation.max_delta", 0.3);
    if (rng.chance(0.5)) set_number(fields, "relation.min_negative_delta", 0.8);
  }
  if (which.regime == Regime::kCold) set_number(fields, "temperature", 0.01);
  if (which.regime != Regime::kWhole) return;
  if (const Field* distance = find_field(fields, "distance"))
    *std::get<std::string*>(distance->value) = "squared_euclidean";
  if (const Field* normalize = find_field(fields, "normalize")) *std::get<bool*>(normalize->value) = false;
}

LossInputs as_given(LossInputs in, at::ScalarType type, const AgreementCase& which) {
  CounterRng rng = stream(which, Draw::kLayout);
  for (auto* list : {&in.views, &in.targets})
    for (auto& x : *list) x = strided(x.to(type), rng.below(3));
  for (const auto& tensor : loss_tensors()) {
    at::Tensor& x = in.*tensor.member;
    if (x.defined() && at::isFloatingType(x.scalar_type())) x = strided(x.to(type), rng.below(3));
  }
  return in;
}

std::string case_text(std::span<const Field> fields, std::span<const Field> defaults, const AgreementCase& which,
                      const LossInputs& in) {
  std::string text = concat(regime_name(which.regime), ", case ", which.index, ": views ", in.views.size(), " x ",
                            in.views.front().sizes());
  if (!in.targets.empty()) text += concat(", targets ", in.targets.size());
  for (const auto& tensor : loss_tensors())
    if (const at::Tensor& x = in.*tensor.member; x.defined()) text += concat(", ", tensor.name, " ", x.sizes());
  const char* mark = "; ";
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == "impl" || value_text(fields[i].value) == value_text(defaults[i].value)) continue;
    text += concat(mark, fields[i].name, " = ", value_text(fields[i].value));
    mark = ", ";
  }
  return text;
}

}  // namespace kindred
