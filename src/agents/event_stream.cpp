#include "agents/event_stream.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

#include "spark/agents/model_error.h"

namespace spark::agents {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Of the first CR or LF; npos if there is neither. Two searches by memchr are several times faster than one for a set
// of characters, and nearly always the second one has a short way to go.
std::size_t line_end(std::string_view text) noexcept {
  const std::size_t newline = text.find('\n');
  const std::size_t carriage_return = text.substr(0, newline).find('\r');
  return std::min(newline, carriage_return);
}

std::optional<std::int64_t> milliseconds_of(std::string_view digits) noexcept {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  std::int64_t value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return result.ec == std::errc() ? value : std::numeric_limits<std::int64_t>::max();
}

}  // namespace

const ServerSentEvent* EventStream::next() {
  std::string_view line;
  while (next_line(line)) {
    if (!line.empty()) {
      take_line(line);
    } else if (finish_event()) {
      return &event_;
    }
  }
  return nullptr;
}

bool EventStream::next_line(std::string_view& line) {
  if (std::exchange(is_line_taken_, false)) line_.clear();
  if (skips_newline_ && !piece_.empty()) {
    if (piece_.front() == '\n') piece_.remove_prefix(1);
    skips_newline_ = false;
  }
  const std::size_t end = line_end(piece_);
  if (end == std::string_view::npos) {
    check_size(piece_.size());
    line_.append(std::exchange(piece_, {}));
    return false;
  }
  check_size(end);
  line = piece_.substr(0, end);
  skips_newline_ = piece_[end] == '\r';
  piece_.remove_prefix(end + 1);
  if (!line_.empty()) {
    line = line_.append(line);
    is_line_taken_ = true;
  }
  if (std::exchange(is_at_begin_, false) && line.starts_with(byte_order_mark)) {
    line.remove_prefix(byte_order_mark.size());
  }
  return true;
}

void EventStream::check_size(std::size_t more) const {
  if (more + line_.size() + data_.size() + type_.size() + last_id_.size() <= event_bytes_) return;
  throw ModelError(ModelErrorKind::malformed_response,
                   "an event of the stream has more than " + std::to_string(event_bytes_) + " bytes");
}

void EventStream::take_line(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    data_.append(value).push_back('\n');
  } else if (field == "event") {
    type_ = value;
  } else if (field == "id") {
    if (value.find('\0') == std::string_view::npos) last_id_ = value;
  } else if (field == "retry") {
    if (const auto milliseconds = milliseconds_of(value)) retry_ms_ = milliseconds;
  }
}

bool EventStream::finish_event() {
  event_.id = last_id_;
  event_.type = type_.empty() ? "message" : type_;
  type_.clear();
  if (data_.empty()) return false;
  data_.pop_back();
  event_.data.swap(data_);
  data_.clear();
  return true;
}

}  // namespace spark::agents
