// libzstd's only user (zstd.h, "Streaming decompression").
#include <zstd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "frontend/common/unpack.h"
#include "sys/text.h"

namespace frontend {
namespace {

// libzstd's own default: what "zstd --ultra -22" makes is read, what asks for more ("--long=28") is not.
constexpr int max_window_log = 27;  // 128 MiB

struct Free {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

sys::Result<std::string> unpack(ZSTD_DStream& stream, std::string_view packed, std::size_t limit) {
  std::array<char, 64u << 10> piece;
  std::string out;
  ZSTD_inBuffer input{packed.data(), packed.size(), 0};
  // ZSTD_decompressStream() says 0 at the end of a frame, after which another one may begin.
  std::size_t wanted = 1;
  bool room_left = false;
  while (input.pos < input.size || (wanted != 0 && !room_left)) {
    ZSTD_outBuffer output{piece.data(), piece.size(), 0};
    wanted = ZSTD_decompressStream(&stream, &output, &input);
    if (ZSTD_isError(wanted)) return sys::refusal(sys::cat("a broken zstd file: ", ZSTD_getErrorName(wanted)));
    out.append(piece.data(), output.pos);
    if (out.size() > limit) return sys::refusal(sys::cat("more than ", limit, " bytes when unpacked"));
    room_left = output.pos < output.size;
  }
  if (wanted != 0) return sys::refusal("a zstd file that ends too early");
  return out;
}

}  // namespace

sys::Result<std::string> unpack_zstd(std::string_view packed, std::size_t limit) {
  const std::unique_ptr<ZSTD_DStream, Free> stream(ZSTD_createDStream());
  if (!stream) return sys::failure(ENOMEM, "prepare libzstd");
  ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, max_window_log);
  return unpack(*stream, packed, limit);
}

}  // namespace frontend
