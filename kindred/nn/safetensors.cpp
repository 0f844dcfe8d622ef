// SPDX-License-Identifier: Apache-2.0
// Reader and writer of whole files. The header lists the tensors in the caller's order; their bytes lie by falling
// element size, so that with the padded header each is aligned for readers that map the file.
#include "kindred/nn/safetensors.h"

#include <ATen/ops/empty.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <numeric>
#include <set>

#include "kindred/core/error.h"
#include "kindred/core/file.h"
#include "kindred/nn/safetensors_header.h"

namespace kindred {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

// A file read piece by piece.
class PieceReader {
 public:
  explicit PieceReader(const std::filesystem::path& path) : path_(path.string()) {
    // Not blocking: opening a named pipe must fail below, not wait for a writer.
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor_ < 0) throw IoError(path_, "cannot open: " + errno_text(errno));
    struct stat info {};
    if (::fstat(descriptor_, &info) != 0 || !S_ISREG(info.st_mode)) {
      ::close(descriptor_);
      throw IoError(path_, "expected a file, got a folder or a device");
    }
    size_ = info.st_size;
  }
  ~PieceReader() { ::close(descriptor_); }
  PieceReader(const PieceReader&) = delete;
  PieceReader& operator=(const PieceReader&) = delete;

  const std::string& path() const { return path_; }
  int64_t size() const { return size_; }

  void read(int64_t offset, void* out, int64_t bytes) const {
    auto* to = static_cast<char*>(out);
    while (bytes > 0) {
      const ssize_t got = ::pread(descriptor_, to, static_cast<size_t>(bytes), offset);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw IoError(path_, "cannot read: " + errno_text(errno));
      if (got == 0)
        throw Corruption(path_, offset, "expected " + std::to_string(bytes) + " more bytes, got the end of the file");
      to += got;
      offset += got;
      bytes -= got;
    }
  }

 private:
  std::string path_;
  int descriptor_ = -1;
  int64_t size_ = 0;
};

struct Opened {
  TensorHeader header;
  int64_t data_start = 0;
};

Opened read_header(const PieceReader& file) {
  if (file.size() < kHeaderStart)
    throw Corruption(file.path(), 0, concat("expected a safetensors file, got ", file.size(), " bytes"));
  uint64_t length = 0;
  file.read(0, &length, sizeof length);
  const int64_t most = std::min(file.size() - kHeaderStart, kLongestHeader);
  if (length > static_cast<uint64_t>(most))
    throw Corruption(file.path(), 0, concat("expected a header of at most ", most, " bytes, got ", length));
  std::string text(static_cast<size_t>(length), '\0');
  file.read(kHeaderStart, text.data(), static_cast<int64_t>(length));
  const int64_t data_start = kHeaderStart + static_cast<int64_t>(length);
  return {parse_header(text, file.size() - data_start, file.path()), data_start};
}

// A byte other than 0 and 1 is no bool, and reading it as one is undefined.
void check_bools(const at::Tensor& tensor, int64_t start, const PieceReader& file) {
  const auto* bytes = static_cast<const unsigned char*>(tensor.data_ptr());
  const auto* end = bytes + tensor.numel();
  const auto* bad = std::find_if(bytes, end, [](unsigned char byte) { return byte > 1; });
  if (bad != end)
    throw Corruption(file.path(), start + (bad - bytes), concat("expected a bool, 0 or 1, got ", int{*bad}));
}

at::Tensor read_tensor(const TensorEntry& entry, int64_t data_start, const PieceReader& file) {
  auto tensor = at::empty(entry.shape, at::TensorOptions(entry.dtype));
  file.read(data_start + entry.begin, tensor.data_ptr(), entry.end - entry.begin);
  if (entry.dtype == at::kBool) check_bools(tensor, data_start + entry.begin, file);
  return tensor;
}

// The tensors as the file holds them, plain and on the CPU.
std::vector<at::Tensor> plain_tensors(const TensorFile& file) {
  std::vector<at::Tensor> plain;
  std::set<std::string> names;
  for (const auto& [name, tensor] : file.tensors) {
    check(name != "__metadata__", "save_tensors: expected a name other than __metadata__");
    check(names.insert(name).second, "save_tensors: expected each name once, got \"", name, "\" twice");
    check(tensor.defined(), "save_tensors: expected a tensor \"", name, "\", got an undefined one");
    plain.push_back(tensor.detach().cpu().contiguous());
  }
  return plain;
}

// Positions by falling element size, else as given.
std::vector<size_t> by_element_size(const std::vector<at::Tensor>& tensors) {
  std::vector<size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](size_t i) { return tensors[i].element_size(); });
  return order;
}

}  // namespace

void save_tensors(const std::filesystem::path& path, const TensorFile& file) {
  const auto tensors = plain_tensors(file);
  const auto order = by_element_size(tensors);
  TensorHeader header{.entries = {}, .metadata = file.metadata};
  for (size_t i = 0; i < tensors.size(); ++i) {
    dtype_word(tensors[i].scalar_type(), concat("save_tensors: ", file.tensors[i].first));
    header.entries.push_back({file.tensors[i].first, tensors[i].scalar_type(), tensors[i].sizes().vec(), 0, 0});
  }
  int64_t at = 0;
  for (const size_t i : order) {
    header.entries[i].begin = at;
    header.entries[i].end = at += static_cast<int64_t>(tensors[i].nbytes());
  }
  const auto text = header_text(header);
  check(static_cast<int64_t>(text.size()) <= kLongestHeader, "save_tensors: expected a header of at most ",
        kLongestHeader, " bytes, got ", text.size());
  const uint64_t length = text.size();
  AtomicFile out(path);
  out.write(&length, sizeof length);
  out.write(text);
  for (const size_t i : order) out.write(tensors[i].data_ptr(), tensors[i].nbytes());
  out.commit();
}

TensorFile load_tensors(const std::filesystem::path& path) {
  const PieceReader reader(path);
  auto [header, data_start] = read_header(reader);
  TensorFile file{.tensors = {}, .metadata = std::move(header.metadata)};
  for (const auto& entry : header.entries)
    file.tensors.emplace_back(entry.name, read_tensor(entry, data_start, reader));
  return file;
}

std::map<std::string, std::string> load_metadata(const std::filesystem::path& path) {
  auto [header, data_start] = read_header(PieceReader(path));
  return header.metadata;
}

}  // namespace kindred
