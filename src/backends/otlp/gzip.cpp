#include "backends/otlp/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace spark::detail::otlp {
namespace {

class Deflater {
 public:
  Deflater() {
    constexpr int largest_window = 15;
    constexpr int with_gzip_header = 16;
    constexpr int default_memory = 8;
    if (deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, largest_window + with_gzip_header, default_memory,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  [[nodiscard]] z_stream& stream() noexcept { return stream_; }

 private:
  z_stream stream_{};
};

}  // namespace

void append_gzip(std::string& out, std::string_view bytes) {
  Deflater deflater;
  z_stream& stream = deflater.stream();
  // zlib counts in unsigned int, so very long texts go in pieces.
  constexpr std::size_t largest_piece = std::numeric_limits<uInt>::max() / 2;
  int result = Z_OK;
  do {
    const std::size_t piece = std::min(bytes.size(), largest_piece);
    // zlib's interface has no const; it does not write there.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(piece);
    bytes.remove_prefix(piece);
    const int flush = bytes.empty() ? Z_FINISH : Z_NO_FLUSH;
    do {
      const std::size_t before = out.size();
      const auto room = static_cast<uInt>(deflateBound(&stream, stream.avail_in) + 64);
      out.resize(before + room);
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      stream.avail_out = room;
      result = deflate(&stream, flush);
      out.erase(out.size() - stream.avail_out);
    } while (stream.avail_in > 0 || (flush == Z_FINISH && result == Z_OK));
  } while (result != Z_STREAM_END);
}

}  // namespace spark::detail::otlp
