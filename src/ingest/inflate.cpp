#include "ingest/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "spark/base/error.h"

namespace spark::detail::ingest {
namespace {

class Inflater {
 public:
  Inflater() {
    constexpr int largest_window = 15;
    constexpr int gzip_or_zlib = 32;
    if (inflateInit2(&stream_, largest_window + gzip_or_zlib) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  [[nodiscard]] z_stream& stream() noexcept { return stream_; }

 private:
  z_stream stream_{};
};

[[noreturn]] void refuse(const char* what) {
  throw Error(ErrorCode::invalid_argument, std::string("the packed body ") + what);
}

}  // namespace

std::optional<std::string> inflated(std::string_view packed, std::size_t most_bytes) {
  if (packed.size() > std::numeric_limits<uInt>::max()) refuse("is longer than 4 GiB");
  Inflater inflater;
  z_stream& stream = inflater.stream();
  // zlib's interface has no const; it does not write there.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  // One more than allowed, so that what fills the limit exactly is told from what goes beyond it.
  const std::size_t room_at_most = most_bytes + 1;
  for (std::size_t used = 0;;) {
    out.resize(std::min(room_at_most, std::max(2 * used, std::min<std::size_t>(4 * packed.size(), 64 << 10) + 64)));
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = static_cast<uInt>(std::min<std::size_t>(out.size() - used, std::numeric_limits<uInt>::max()));
    const uInt room = stream.avail_out;
    const int result = inflate(&stream, Z_NO_FLUSH);
    used += room - stream.avail_out;
    if (used > most_bytes) return std::nullopt;
    if (result == Z_STREAM_END) {
      // Several may stand one behind the other (RFC 1952, 2.2).
      if (stream.avail_in > 0 && inflateReset(&stream) == Z_OK) continue;
      out.resize(used);
      return out;
    }
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result != Z_OK && result != Z_BUF_ERROR) refuse("is damaged, or no gzip");
    if (stream.avail_out > 0 && stream.avail_in == 0) refuse("has been cut short");
  }
}

}  // namespace spark::detail::ingest
