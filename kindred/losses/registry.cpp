// SPDX-License-Identifier: Apache-2.0
#include "kindred/losses/registry.h"

#include <ATen/ops/cat.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "kindred/core/error.h"
#include "kindred/core/names.h"
#include "kindred/losses/align_uniform.h"
#include "kindred/losses/arcface.h"
#include "kindred/losses/barlow_twins.h"
#include "kindred/losses/binary_nce.h"
#include "kindred/losses/circle.h"
#include "kindred/losses/cmc.h"
#include "kindred/losses/cosine_embedding.h"
#include "kindred/losses/debiased.h"
#include "kindred/losses/decoupled.h"
#include "kindred/losses/dino.h"
#include "kindred/losses/hard_contrastive.h"
#include "kindred/losses/hard_negative.h"
#include "kindred/losses/info_nce.h"
#include "kindred/losses/lifted_structure.h"
#include "kindred/losses/masked_reconstruction.h"
#include "kindred/losses/mi_bound.h"
#include "kindred/losses/mochi.h"
#include "kindred/losses/mse.h"
#include "kindred/losses/multi_similarity.h"
#include "kindred/losses/n_pair.h"
#include "kindred/losses/nce_memory_bank.h"
#include "kindred/losses/negative_cosine.h"
#include "kindred/losses/nnclr.h"
#include "kindred/losses/nt_xent.h"
#include "kindred/losses/pair.h"
#include "kindred/losses/proxy_anchor.h"
#include "kindred/losses/proxy_nca.h"
#include "kindred/losses/relation.h"
#include "kindred/losses/rows.h"
#include "kindred/losses/siglip.h"
#include "kindred/losses/simcse.h"
#include "kindred/losses/sup_con.h"
#include "kindred/losses/swav.h"
#include "kindred/losses/triplet.h"
#include "kindred/losses/vicreg.h"

namespace kindred {
namespace {

using In = LossInputs;

// The recipe of a function at::Tensor(const Options&, const LossInputs&).
template <class Options, at::Tensor (*run)(const Options&, const In&)>
std::unique_ptr<LossRecipe> recipe() {
  return make_recipe<Options, at::Tensor, const In&>(run);
}

// A loss's options and, behind "relation.", how positives are found.
template <class Options>
struct Related {
  Options loss;
  RelationOptions relation;
};
template <class Options>
void visit_fields(FieldList& v, Related<Options>& o) {
  visit_fields(v, o.loss);
  v.group("relation", o.relation);
}

template <class Options>
RelatedRows related(const Related<Options>& o, const In& in, std::string_view who) {
  check_options(o.relation, who);
  return related_rows(in, o.relation, who);
}

void need(bool ok, std::string_view who, std::string_view what, size_t got) {
  check(ok, who, ": expected ", what, ", got ", got);
}
void need_views(const In& in, size_t n, std::string_view who) {
  need(in.views.size() == n, who, concat(n, n == 1 ? " view" : " views"), in.views.size());
}

// All views below one another, the labels repeated.
struct Labelled {
  at::Tensor x, labels;
};
Labelled labelled(const In& in, std::string_view who) {
  need(!in.views.empty(), who, "at least 1 view", 0);
  std::vector<at::Tensor> views;
  for (const auto& view : in.views) {
    views.push_back(checked_rows(view, who, "view"));
    check_alike(views.front(), views.back(), who, "the first view", "view");
  }
  const at::Tensor labels = checked_index(in.labels, views.front().size(0), who, "labels");
  return {at::cat(views), at::cat(std::vector<at::Tensor>(views.size(), labels))};
}

at::Tensor run_align_uniform(const AlignUniformOptions& o, const In& in) {
  need_views(in, 2, "align_uniform");
  return align_uniform(in.views[0], in.views[1], in.ids, o);
}
at::Tensor run_arcface(const ArcfaceOptions& o, const In& in) {
  const Labelled rows = labelled(in, "arcface");
  return arcface(rows.x, rows.labels, in.prototypes, o);
}
at::Tensor run_barlow_twins(const BarlowTwinsOptions& o, const In& in) {
  need_views(in, 2, "barlow_twins");
  return barlow_twins(in.views[0], in.views[1], o);
}
at::Tensor run_binary_nce(const Related<BinaryNceOptions>& o, const In& in) {
  check_options(o.relation, "binary_nce");
  if (o.loss.miner.kind == "all")
    if (const auto grouped = grouped_rows(in, o.relation, "binary_nce"))
      return binary_nce_groups(grouped->x, grouped->groups, o.loss);
  const RelatedRows rows = related(o, in, "binary_nce");
  return binary_nce(rows.x, rows.relation, o.loss, in.seed);
}
at::Tensor run_circle(const Related<CircleOptions>& o, const In& in) {
  const RelatedRows rows = related(o, in, "circle");
  return circle(rows.x, rows.relation, o.loss);
}
at::Tensor run_cmc(const CmcOptions& o, const In& in) { return cmc(in.views, in.ids, o); }
at::Tensor run_cosine_embedding(const Related<CosineEmbeddingOptions>& o, const In& in) {
  if (in.similar.defined()) {
    need_views(in, 2, "cosine_embedding");
    return cosine_embedding_rows(in.views[0], in.views[1], in.similar, o.loss);
  }
  const RelatedRows rows = related(o, in, "cosine_embedding");
  return cosine_embedding(rows.x, rows.relation, o.loss, in.seed);
}
at::Tensor run_debiased(const DebiasedOptions& o, const In& in) {
  need_views(in, 2, "debiased");
  return debiased(in.views[0], in.views[1], in.ids, o);
}
at::Tensor run_decoupled(const DecoupledOptions& o, const In& in) {
  need_views(in, 2, "decoupled");
  return decoupled(in.views[0], in.views[1], in.ids, o);
}
at::Tensor run_dino(const DinoOptions& o, const In& in) { return dino(in.views, in.targets, in.center, o); }
at::Tensor run_hard_contrastive(const HardContrastiveOptions& o, const In& in) {
  need_views(in, 2, "hard_contrastive");
  return hard_contrastive(in.views[0], in.views[1], in.ids, o);
}
at::Tensor run_hard_negative(const HardNegativeOptions& o, const In& in) {
  need_views(in, 2, "hard_negative");
  return hard_negative(in.views[0], in.views[1], in.ids, o);
}
InfoNceInputs info_nce_inputs(const In& in, std::string_view who) {
  need_views(in, 2, who);
  return {.query = in.views[0],
          .key = in.views[1],
          .queue = in.queue,
          .negatives = in.negatives,
          .ids = in.ids,
          .queue_ids = in.queue_ids,
          .logit_scale = in.logit_scale};
}
at::Tensor run_info_nce(const InfoNceOptions& o, const In& in) { return info_nce(info_nce_inputs(in, "info_nce"), o); }
at::Tensor run_lifted_structure(const Related<LiftedStructureOptions>& o, const In& in) {
  const RelatedRows rows = related(o, in, "lifted_structure");
  return lifted_structure(rows.x, rows.relation, o.loss);
}
at::Tensor run_masked_reconstruction(const MaskedReconstructionOptions& o, const In& in) {
  need_views(in, 1, "masked_reconstruction");
  need(in.targets.size() == 1, "masked_reconstruction", "1 target", in.targets.size());
  return masked_reconstruction(in.views[0], in.targets[0], in.mask, o);
}
at::Tensor run_mi_bound(const InfoNceOptions& o, const In& in) { return mi_bound(info_nce_inputs(in, "mi_bound"), o); }
at::Tensor run_mochi(const MochiOptions& o, const In& in) {
  need_views(in, 2, "mochi");
  return mochi({.query = in.views[0], .key = in.views[1], .queue = in.queue, .ids = in.ids, .queue_ids = in.queue_ids},
               in.seed, o);
}
at::Tensor run_mse(const MseOptions& o, const In& in) {
  need(in.views.size() + in.targets.size() == 2 && !in.views.empty(), "mse", "1 view and 1 target, or 2 views",
       in.views.size());
  return mse(in.views[0], in.views.size() == 2 ? in.views[1] : in.targets[0].detach(), o);
}
at::Tensor run_multi_similarity(const Related<MultiSimilarityOptions>& o, const In& in) {
  const RelatedRows rows = related(o, in, "multi_similarity");
  return multi_similarity(rows.x, rows.relation, o.loss, in.seed);
}
at::Tensor run_n_pair(const NPairOptions& o, const In& in) {
  need_views(in, 2, "n_pair");
  return n_pair(in.views[0], in.views[1], in.ids, o);
}
at::Tensor run_nce_memory_bank(const NceMemoryBankOptions& o, const In& in) {
  need_views(in, 1, "nce_memory_bank");
  return nce_memory_bank(in.views[0], in.queue, in.ids, in.seed, o);
}
at::Tensor run_negative_cosine(const NegativeCosineOptions& o, const In& in) {
  need_views(in, 2, "negative_cosine");
  const auto& targets = in.targets.empty() ? std::vector{in.views[1], in.views[0]} : in.targets;
  need(targets.size() == 2, "negative_cosine", "2 targets or none", targets.size());
  return negative_cosine(in.views[0], targets[0], in.views[1], targets[1], o);
}
at::Tensor run_nnclr(const NnclrOptions& o, const In& in) {
  need_views(in, 2, "nnclr");
  need(in.targets.size() == 2, "nnclr", "2 targets", in.targets.size());
  const auto neighbour = [&](const at::Tensor& z) { return in.queue.defined() ? nearest_neighbours(z, in.queue) : z; };
  return nnclr(neighbour(in.targets[1]), in.views[1], neighbour(in.targets[0]), in.views[0], in.ids, o);
}
at::Tensor run_nt_xent(const Related<NtXentOptions>& o, const In& in) {
  check_options(o.relation, "nt_xent");
  if (in.views.size() == 2) return nt_xent(in.views[0], in.views[1], in.ids, o.loss);
  const RelatedRows rows = related(o, in, "nt_xent");
  return nt_xent_pairs(rows.x, rows.relation, o.loss);
}
at::Tensor run_pair(const Related<PairOptions>& o, const In& in) {
  if (in.similar.defined()) {
    need_views(in, 2, "pair");
    return pair_rows(in.views[0], in.views[1], in.similar, o.loss);
  }
  const RelatedRows rows = related(o, in, "pair");
  return pair(rows.x, rows.relation, o.loss, in.seed);
}
at::Tensor run_proxy_anchor(const ProxyAnchorOptions& o, const In& in) {
  const Labelled rows = labelled(in, "proxy_anchor");
  return proxy_anchor(rows.x, rows.labels, in.prototypes, o);
}
at::Tensor run_proxy_nca(const ProxyNcaOptions& o, const In& in) {
  const Labelled rows = labelled(in, "proxy_nca");
  return proxy_nca(rows.x, rows.labels, in.prototypes, o);
}
at::Tensor run_siglip(const SiglipOptions& o, const In& in) {
  need_views(in, 2, "siglip");
  return siglip(in.views[0], in.views[1], in.logit_scale, in.bias, in.ids, o);
}
at::Tensor run_simcse(const SimcseOptions& o, const In& in) {
  need(in.views.size() == 2 || in.views.size() == 3, "simcse", "2 or 3 views", in.views.size());
  return simcse(in.views[0], in.views[1], in.views.size() == 3 ? in.views[2] : at::Tensor(), in.ids, o);
}
at::Tensor run_sup_con(const Related<SupConOptions>& o, const In& in) {
  check_options(o.relation, "sup_con");
  if (const auto grouped = grouped_rows(in, o.relation, "sup_con"))
    return sup_con_groups(grouped->x, grouped->groups, o.loss);
  const RelatedRows rows = related(o, in, "sup_con");
  return sup_con(rows.x, rows.relation, o.loss);
}
at::Tensor run_swav(const SwavOptions& o, const In& in) {
  if (!in.prototypes.defined()) return swav_scores(in.views, in.queue, o);  // the views are scores
  return swav(in.views, in.prototypes, in.queue, o);
}
at::Tensor run_triplet(const Related<TripletOptions>& o, const In& in) {
  const bool related_by = in.labels.defined() || in.ids.defined() || in.scores.defined();
  if (in.views.size() == 3 && !related_by) return triplet_rows(in.views[0], in.views[1], in.views[2], o.loss);
  const RelatedRows rows = related(o, in, "triplet");
  return triplet(rows.x, rows.relation, o.loss, in.seed);
}
at::Tensor run_vicreg(const VicregOptions& o, const In& in) {
  need_views(in, 2, "vicreg");
  return vicreg(in.views[0], in.views[1], o);
}

constexpr std::string_view kRelated = "views:1+ | labels ids scores";
constexpr std::string_view kPairs = "views:1+ | similar labels ids scores";
constexpr std::string_view kTwo = "views:2 | ids";
constexpr std::string_view kClasses = "views:1+ labels prototypes";

constexpr std::array kRows{
    LossRow{"align_uniform", "alignment of pairs plus uniformity on the sphere", kTwo,
            recipe<AlignUniformOptions, run_align_uniform>},
    LossRow{"arcface", "softmax over classes with a margin on the angle", kClasses,
            recipe<ArcfaceOptions, run_arcface>},
    LossRow{"barlow_twins", "cross-correlation of two views towards the identity", "views:2",
            recipe<BarlowTwinsOptions, run_barlow_twins>},
    LossRow{"binary_nce", "logistic loss on pairs", kRelated, recipe<Related<BinaryNceOptions>, run_binary_nce>},
    LossRow{"circle", "similarities weighted by their way to the optimum", kRelated,
            recipe<Related<CircleOptions>, run_circle>},
    LossRow{"cmc", "two-way InfoNCE over pairs of many views", "views:2+ | ids", recipe<CmcOptions, run_cmc>},
    LossRow{"cosine_embedding", "1 - cosine for pairs alike, hinged cosine for the others", kPairs,
            recipe<Related<CosineEmbeddingOptions>, run_cosine_embedding>},
    LossRow{"debiased", "NT-Xent corrected for positives among the negatives", kTwo,
            recipe<DebiasedOptions, run_debiased>},
    LossRow{"decoupled", "NT-Xent without the positive below the line (DCL, DCLW)", kTwo,
            recipe<DecoupledOptions, run_decoupled>},
    LossRow{"dino", "students predict the centred, sharpened teacher", "views:2+ targets:1+ | center",
            recipe<DinoOptions, run_dino>},
    LossRow{"hard_contrastive", "InfoNCE over the nearest negatives only", kTwo,
            recipe<HardContrastiveOptions, run_hard_contrastive>},
    LossRow{"hard_negative", "debiased loss with near negatives weighted up (HCL)", kTwo,
            recipe<HardNegativeOptions, run_hard_negative>},
    LossRow{"info_nce", "query against key and negatives: one way, symmetric (CLIP), queue (MoCo)",
            "views:2 | queue negatives ids queue_ids logit_scale", recipe<InfoNceOptions, run_info_nce>},
    LossRow{"lifted_structure", "each positive pair against all negatives of both rows", kRelated,
            recipe<Related<LiftedStructureOptions>, run_lifted_structure>},
    LossRow{"masked_reconstruction", "error on the hidden patches (MAE)", "views:1 targets:1 mask",
            recipe<MaskedReconstructionOptions, run_masked_reconstruction>},
    LossRow{"mi_bound", "a figure: InfoNCE's lower bound of mutual information, in nats; larger is better",
            "views:2 | queue negatives logit_scale", recipe<InfoNceOptions, run_mi_bound>},
    LossRow{"mochi", "InfoNCE with a queue and mixed hard negatives", "views:2 queue", recipe<MochiOptions, run_mochi>},
    LossRow{"mse", "squared error to a target", "views:1 targets:1", recipe<MseOptions, run_mse>},
    LossRow{"multi_similarity", "soft-weighted pairs with their own mining", kRelated,
            recipe<Related<MultiSimilarityOptions>, run_multi_similarity>},
    LossRow{"n_pair", "softmax over raw products, one pair of each class", kTwo, recipe<NPairOptions, run_n_pair>},
    LossRow{"nce_memory_bank", "noise-contrastive estimation against a memory bank", "views:1 queue ids",
            recipe<NceMemoryBankOptions, run_nce_memory_bank>},
    LossRow{"negative_cosine", "prediction against the other view's target (SimSiam, BYOL)", "views:2 | targets:2",
            recipe<NegativeCosineOptions, run_negative_cosine>},
    LossRow{"nnclr", "the nearest neighbour in a support set as positive", "views:2 targets:2 | queue ids",
            recipe<NnclrOptions, run_nnclr>},
    LossRow{"nt_xent", "SimCLR's loss over the 2B rows of two views", kRelated,
            recipe<Related<NtXentOptions>, run_nt_xent>},
    LossRow{"pair", "squared distance of pairs alike, squared hinge of the others", kPairs,
            recipe<Related<PairOptions>, run_pair>},
    LossRow{"proxy_anchor", "the proxy of each class against all rows of the batch", kClasses,
            recipe<ProxyAnchorOptions, run_proxy_anchor>},
    LossRow{"proxy_nca", "each row against the proxies of the classes", kClasses,
            recipe<ProxyNcaOptions, run_proxy_nca>},
    LossRow{"siglip", "logistic loss on all pairs of two views", "views:2 | ids logit_scale bias",
            recipe<SiglipOptions, run_siglip>},
    LossRow{"simcse", "one-way InfoNCE of sentences; a third view holds hard negatives", "views:2+ | ids",
            recipe<SimcseOptions, run_simcse>},
    LossRow{"sup_con", "all rows of a class are positives", kRelated, recipe<Related<SupConOptions>, run_sup_con>},
    LossRow{"swav", "each view predicts the cluster code of another", "views:2+ | prototypes queue",
            recipe<SwavOptions, run_swav>},
    LossRow{"triplet", "the positive nearer than the negative by a margin", kRelated,
            recipe<Related<TripletOptions>, run_triplet>},
    LossRow{"vicreg", "invariance, variance and covariance", "views:2", recipe<VicregOptions, run_vicreg>},
};

constexpr bool sorted_and_unique() {
  for (size_t i = 1; i < kRows.size(); ++i)
    if (!(kRows[i - 1].name < kRows[i].name)) return false;
  return true;
}
static_assert(sorted_and_unique(), "find_loss() searches by halves");

}  // namespace

std::span<const LossRow> loss_rows() { return kRows; }

const LossRow& find_loss(std::string_view name) {
  const auto* row = std::lower_bound(kRows.begin(), kRows.end(), name,
                                     [](const LossRow& r, std::string_view wanted) { return r.name < wanted; });
  if (row != kRows.end() && row->name == name) return *row;
  std::vector<std::string> names;
  for (const auto& r : kRows) names.emplace_back(r.name);
  throw InvalidArgument(unknown_name("losses", "a loss,", name, names));
}

}  // namespace kindred
