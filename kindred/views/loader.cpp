// SPDX-License-Identifier: Apache-2.0
// How: batches since the last seek are numbered 0, 1, 2 ... (tickets); ticket t lives in slot t mod prefetch. The
// consumer opens slots (allocates their tensors) and takes finished ones in order; workers claim a few samples at a time
// from the oldest open slot, so that several serve one batch and a slow picture holds up nobody else.
//
// Invariants, under mutex_: (1) 0 <= done <= claimed <= samples of a slot; (2) busy_ = workers between a claim and its
// report; (3) a slot is touched outside the mutex only by workers that hold a claim on it, each on rows of its own.
#include "kindred/views/loader.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "kindred/core/error.h"
#include "kindred/core/rng.h"
#include "kindred/views/sampler.h"

namespace kindred {
namespace {

constexpr int64_t kMostDefaultWorkers = 4;
constexpr int64_t kMostWorkers = 1024;  // a typing error, not a machine
constexpr int64_t kMostPrefetch = 1 << 16;
constexpr uint64_t kCopyStep = 0x9E3779B97F4A7C15u;  // odd, so that copies differ; part of what makes runs reproducible
constexpr int64_t kMostChunk = 4;                    // samples per claim: a claim costs well under a microsecond

int64_t worker_count(int64_t asked) {
  if (asked > 0) return asked;
  return std::clamp<int64_t>(std::thread::hardware_concurrency(), 1, kMostDefaultWorkers);
}

// A batch while it is being filled. Raw pointers so that workers see no tensor.
struct Slot {
  Batch batch;
  std::vector<float*> views;    // [V]
  std::vector<int64_t> stride;  // [V] floats per sample
  int64_t* labels = nullptr;
  int64_t* ids = nullptr;
  int64_t* streams = nullptr;
  int64_t* positions = nullptr;
  std::vector<int64_t> rows;  // position in the data set of each row
  int64_t samples = 0;
  int64_t claimed = 0, done = 0;
  std::exception_ptr error;  // of the lowest failing row: the same one whatever the threads did
  int64_t error_row = 0;
};

int64_t volume(const std::vector<int64_t>& shape) {
  int64_t product = 1;
  for (const int64_t side : shape) product *= side;
  return product;
}

}  // namespace

class Loader::State {
 public:
  State(DatasetPtr dataset, ViewsPtr views, const LoaderOptions& options)
      : dataset_(std::move(dataset)), views_(std::move(views)), options_(options), size_(dataset_->size()) {
    const std::string& name = dataset_->info().name;
    check(options_.batch >= 1, "loader: expected batch >= 1, got ", options_.batch);
    check(options_.workers >= 0 && options_.workers <= kMostWorkers, "loader: expected workers in [0, ", kMostWorkers,
          "], got ", options_.workers);
    check(options_.prefetch >= 1 && options_.prefetch <= kMostPrefetch, "loader: expected prefetch in [1, ",
          kMostPrefetch, "], got ", options_.prefetch);
    check(size_ > 0, "loader: expected at least one sample, got an empty data set (", name, ")");
    sampler_ = make_sampler(*dataset_, {.name = options_.sampler,
                                        .batch = options_.batch,
                                        .per_class = options_.per_class,
                                        .drop_last = options_.drop_last,
                                        .in_order = !options_.shuffle,
                                        .seed = options_.seed});
    workers_ = worker_count(options_.workers);
    chunk_ = std::clamp<int64_t>(std::min(options_.batch, size_) / (4 * workers_), 1, kMostChunk);
    slots_.resize(static_cast<size_t>(options_.prefetch));
  }

  ~State() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    work_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void start() {
    try {
      for (int64_t i = 0; i < workers_; ++i) threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& error) {
      throw InvalidArgument(concat("loader: expected room for ", workers_, " worker threads, got ", threads_.size(),
                                   " (", error.what(), ")"));
    }
  }

  int64_t batches_per_epoch() const { return sampler_->batches_per_epoch(); }

  Batch next() {
    while (opened_ < taken_ + options_.prefetch) open_slot(opened_);
    Slot& slot = slot_of(taken_);
    const auto begin = std::chrono::steady_clock::now();
    Batch batch;
    std::exception_ptr error;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [&] { return slot.done == slot.samples; });
      batch = std::move(slot.batch);
      error = std::exchange(slot.error, nullptr);
      ++taken_;
    }
    stats_.wait_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (error) std::rethrow_exception(error);
    open_slot(opened_);
    stats_.samples += batch.ids.size(0);
    return batch;
  }

  void seek(int64_t epoch, int64_t index) {
    check(epoch >= 0 && epoch <= std::numeric_limits<uint32_t>::max(), "loader: expected epoch in [0, 2^32), got ",
          epoch);
    check(index >= 0 && index <= batches_per_epoch(), "loader: expected batch index in [0, ", batches_per_epoch(),
          "], got ", index);
    std::unique_lock lock(mutex_);
    for (Slot& slot : slots_) slot.claimed = slot.samples;  // nothing left to claim
    abandon_ = true;
    idle_.wait(lock, [&] { return busy_ == 0; });
    abandon_ = false;
    for (Slot& slot : slots_) slot = Slot{};
    opened_ = taken_ = claimable_ = 0;
    start_epoch_ = epoch;
    start_index_ = index;
  }

  LoaderStats stats_;

 private:
  Slot& slot_of(int64_t ticket) { return slots_[static_cast<size_t>(ticket % options_.prefetch)]; }

  // Lets the workers at the batch of this ticket; the slot is free. Consumer only.
  void open_slot(int64_t ticket) {
    Slot slot;
    const int64_t number = start_index_ + ticket;
    slot.batch.epoch = start_epoch_ + number / batches_per_epoch();
    slot.batch.index = number % batches_per_epoch();
    slot.rows = sampler_->rows(slot.batch.epoch, slot.batch.index);
    slot.samples = std::ssize(slot.rows);
    for (int64_t v = 0; v < views_->count(); ++v) {
      std::vector<int64_t> shape = views_->shape(v);
      slot.stride.push_back(volume(shape));
      shape.insert(shape.begin(), slot.samples);
      slot.batch.views.push_back(at::empty(shape, at::kFloat));
      slot.views.push_back(slot.batch.views.back().data_ptr<float>());
    }
    slot.batch.labels = at::empty({slot.samples}, at::kLong);
    slot.batch.ids = at::empty({slot.samples}, at::kLong);
    slot.labels = slot.batch.labels.data_ptr<int64_t>();
    slot.ids = slot.batch.ids.data_ptr<int64_t>();
    slot.batch.streams = at::empty({slot.samples}, at::kLong);
    slot.streams = slot.batch.streams.data_ptr<int64_t>();
    slot.batch.positions = at::empty({slot.samples}, at::kLong);
    slot.positions = slot.batch.positions.data_ptr<int64_t>();
    {
      const std::lock_guard lock(mutex_);
      slot_of(ticket) = std::move(slot);
      opened_ = ticket + 1;
    }
    work_.notify_all();
  }

  // The oldest slot with rows left, or nullptr. Under mutex_.
  Slot* open_work() {
    claimable_ = std::max(claimable_, taken_);
    for (; claimable_ < opened_; ++claimable_)
      if (Slot& slot = slot_of(claimable_); slot.claimed < slot.samples) return &slot;
    return nullptr;
  }

  void work() {
    Sample sample;
    ViewScratch scratch;
    std::unique_lock lock(mutex_);
    for (;;) {
      Slot* slot = nullptr;
      work_.wait(lock, [&] { return stop_ || (slot = open_work()) != nullptr; });
      if (stop_) return;
      const int64_t begin = slot->claimed, end = std::min(slot->samples, begin + chunk_);
      slot->claimed = end;
      ++busy_;
      lock.unlock();
      std::exception_ptr error;
      int64_t error_row = 0;
      for (int64_t row = begin; row < end && !stop_ && !abandon_; ++row) {
        try {
          fill_row(*slot, row, sample, scratch);
        } catch (...) {
          if (!error) error_row = row;
          if (!error) error = std::current_exception();
        }
      }
      lock.lock();
      report(*slot, end - begin, std::move(error), error_row);
    }
  }

  // Books a claim as done. Under mutex_.
  void report(Slot& slot, int64_t rows, std::exception_ptr error, int64_t error_row) {
    if (error && (!slot.error || error_row < slot.error_row)) {
      slot.error = std::move(error);
      slot.error_row = error_row;
    }
    slot.done += rows;
    if (slot.done == slot.samples) ready_.notify_one();
    if (--busy_ == 0) idle_.notify_one();
  }

  // Another appearance of a sample has random numbers of its own.
  static uint64_t stream_id(uint64_t id, uint32_t copy) { return copy > 0 ? mix64(id + copy * kCopyStep) : id; }

  void fill_row(Slot& slot, int64_t row, Sample& sample, ViewScratch& scratch) const {
    const int64_t index = slot.rows[static_cast<size_t>(row)];
    const auto epoch = static_cast<uint32_t>(slot.batch.epoch);
    const auto looked_at = [this, index, epoch](int64_t height, int64_t width) {
      return views_->looked_at(height, width, options_.seed, epoch,
                               stream_id(dataset_->id(index), dataset_->copy(index)));
    };
    dataset_->get_part(index, std::cref(looked_at), sample);
    sample.index = index;
    const uint64_t id = sample.id;
    sample.id = stream_id(id, sample.copy);
    for (size_t v = 0; v < slot.views.size(); ++v)
      views_->make(sample, options_.seed, epoch, static_cast<int64_t>(v), slot.views[v] + row * slot.stride[v],
                   scratch);
    slot.labels[row] = sample.label;
    slot.ids[row] = static_cast<int64_t>(id);
    slot.streams[row] = static_cast<int64_t>(sample.id);
    slot.positions[row] = index;
  }

  const DatasetPtr dataset_;
  const ViewsPtr views_;
  const LoaderOptions options_;
  const int64_t size_;
  SamplerPtr sampler_;
  int64_t workers_ = 1, chunk_ = 1;
  int64_t start_epoch_ = 0, start_index_ = 0;

  std::mutex mutex_;
  std::condition_variable work_, ready_, idle_;
  std::vector<Slot> slots_;
  int64_t opened_ = 0, taken_ = 0, claimable_ = 0;  // tickets
  int64_t busy_ = 0;
  std::atomic<bool> stop_ = false;     // for good
  std::atomic<bool> abandon_ = false;  // what is being filled will not be taken (seek)
  std::vector<std::thread> threads_;   // last: they use all of the above
};

Loader::Loader(DatasetPtr dataset, ViewsPtr views, const LoaderOptions& options)
    : state_(std::make_unique<State>(std::move(dataset), std::move(views), options)) {
  state_->start();
}
Loader::~Loader() = default;

int64_t Loader::batches_per_epoch() const { return state_->batches_per_epoch(); }
Batch Loader::next() { return state_->next(); }
void Loader::seek(int64_t epoch, int64_t index) { state_->seek(epoch, index); }
LoaderStats Loader::stats() const { return state_->stats_; }
void Loader::reset_stats() { state_->stats_ = {}; }

}  // namespace kindred
