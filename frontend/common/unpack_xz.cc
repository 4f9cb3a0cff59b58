// liblzma's only user (lzma/container.h, lzma/base.h).
#include <lzma.h>

#include <array>

#include "frontend/common/unpack.h"
#include "sys/text.h"

namespace frontend {
namespace {

// What "xz -9" asks of those who unpack is 65 MiB.
constexpr std::uint64_t max_memory = 128u << 20;  // bytes

struct Row {
  lzma_ret code;
  std::string_view what;
};
constexpr std::array rows = {
    Row{LZMA_FORMAT_ERROR, "not an xz file"},
    Row{LZMA_DATA_ERROR, "a broken xz file"},
    Row{LZMA_BUF_ERROR, "an xz file that ends too early"},
    Row{LZMA_OPTIONS_ERROR, "an xz file with features that liblzma does not know"},
    Row{LZMA_UNSUPPORTED_CHECK, "an xz file with a check that liblzma does not know"},
    Row{LZMA_MEMLIMIT_ERROR, "an xz file that takes more than 128 MiB of memory to unpack"},
};

tl::unexpected<sys::Error> failure_of(lzma_ret code) {
  for (const Row& row : rows) {
    if (row.code == code) return sys::refusal(std::string(row.what));
  }
  return sys::refusal(sys::cat("liblzma's error ", static_cast<int>(code)));
}

class Decoder {
 public:
  Decoder() = default;
  ~Decoder() { lzma_end(&stream_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  sys::Result<std::string> unpack(std::string_view packed, std::size_t limit) {
    lzma_ret code = lzma_stream_decoder(&stream_, max_memory, LZMA_CONCATENATED | LZMA_TELL_UNSUPPORTED_CHECK);
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
    stream_.avail_in = packed.size();
    std::string out;
    while (code == LZMA_OK) {
      stream_.next_out = piece_.data();
      stream_.avail_out = piece_.size();
      code = lzma_code(&stream_, LZMA_FINISH);
      out.append(reinterpret_cast<const char*>(piece_.data()), piece_.size() - stream_.avail_out);
      if (out.size() > limit) return sys::refusal(sys::cat("more than ", limit, " bytes when unpacked"));
    }
    if (code != LZMA_STREAM_END) return failure_of(code);
    return out;
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  std::array<std::uint8_t, 64u << 10> piece_;
};

}  // namespace

sys::Result<std::string> unpack_xz(std::string_view packed, std::size_t limit) {
  return Decoder().unpack(packed, limit);
}

}  // namespace frontend
