// EventStream makes events of a stream of text/event-stream, as far as its bytes have come: the algorithm of WHATWG's
// HTML standard, "9.2.6 Interpreting an event stream". It does no input or output, and keeps no more than one event of
// a limited size. Bytes are not decoded: what is no UTF-8 stays as it is. Used by one thread at a time.
//
//   stream.feed(piece);
//   while (const ServerSentEvent* event = stream.next()) …
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spark::agents {

struct ServerSentEvent {
  std::string type = {};  // "message" where the stream says nothing
  std::string data = {};  // of several lines, with "\n" between them
  std::string id = {};    // the last that the stream gave, of this event or of one before

  bool operator==(const ServerSentEvent&) const = default;
};

class EventStream {
 public:
  // `event_bytes`: of what is kept of an event, and of any line.
  explicit EventStream(std::size_t event_bytes) : event_bytes_(event_bytes) {}

  // The piece must stay until next() has given null; what was left of the one before is forgotten.
  void feed(std::string_view piece) noexcept { piece_ = piece; }
  // The next event that is whole; null: everything of the piece has been taken. It lives until the next call. Throws
  // ModelError(malformed_response) for an event that is too long; then the stream is of no further use. What stands
  // behind the last empty line is no event, also when nothing more comes.
  [[nodiscard]] const ServerSentEvent* next();

  // How long the stream asks to wait before it is read anew, in milliseconds; what is more than the type holds is its
  // largest. Empty: it does not say.
  [[nodiscard]] std::optional<std::int64_t> retry_ms() const noexcept { return retry_ms_; }

 private:
  // The next whole line; false: there is none. The view lives until the next call.
  [[nodiscard]] bool next_line(std::string_view& line);
  void take_line(std::string_view line);
  // Throws if so much more of a line cannot be kept.
  void check_size(std::size_t more) const;
  // False for one without data, which is none.
  [[nodiscard]] bool finish_event();

  const std::size_t event_bytes_;
  std::string_view piece_;  // what was not taken yet
  std::string line_;        // begun in pieces before
  bool is_line_taken_ = false;
  bool is_at_begin_ = true;     // of the stream, where a byte order mark may stand
  bool skips_newline_ = false;  // the last line ended with CR: an LF belongs to its end
  std::string type_, data_, last_id_;
  std::optional<std::int64_t> retry_ms_;
  ServerSentEvent event_;
};

}  // namespace spark::agents
