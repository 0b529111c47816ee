#include "backends/otlp/sender.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "backends/otlp/fingerprint.h"

namespace spark::detail::otlp {
namespace {

constexpr std::array<Signal, signals> all_signals{Signal::traces, Signal::metrics, Signal::logs};

std::string name_of(const Settings& settings) {
  std::string name = "otlp";
  for (std::size_t i = 0; i < signals; ++i) {
    const std::string& origin = settings.each[i].origin;
    const auto is_same = [&](const SignalSettings& other) { return other.origin == origin; };
    if (std::none_of(settings.each.begin(), settings.each.begin() + i, is_same)) name.append(" ").append(origin);
  }
  return name;
}

void remove_suffix(std::string& text, std::string_view suffix) {
  if (text.ends_with(suffix)) text.resize(text.size() - suffix.size());
}

// Where a signal goes, its usual path left out.
std::string target_of(const SignalSettings& settings, Signal signal) {
  std::string origin = settings.origin;
  remove_suffix(origin, origin.starts_with("https:") ? ":443" : ":80");
  if (settings.is_grpc()) return origin;
  std::string path = settings.shown_url.substr(settings.origin.size());
  remove_suffix(path, "/v1/" + std::string(to_string(signal)));
  return origin + path;
}

using Counts = std::array<std::uint64_t, record_kinds>;

// Counts `amount` records of these kinds, of the first as many as there are.
void count(Counts& refused, const Counts& all, std::uint64_t amount, std::initializer_list<RecordKind> kinds) {
  for (const RecordKind kind : kinds) {
    const auto i = static_cast<std::size_t>(kind);
    const std::uint64_t taken = std::min(amount, all[i] - refused[i]);
    refused[i] += taken;
    amount -= taken;
  }
}

// OTLP counts spans, points and log records; the ledger counts what they were made of. A trace may have become a span,
// or a log record beside its span; graphs become log records; and many metrics may be in one point: of those rejected
// in part we know only that it was not all of them.
void count_rejected(Refusals& refusals, const Counts& all, Signal signal, std::uint64_t rejected, std::uint64_t items) {
  switch (signal) {
    case Signal::traces:
      return count(refusals.rejected, all, rejected, {RecordKind::span, RecordKind::trace_end});
    case Signal::logs:
      return count(refusals.rejected, all, rejected, {RecordKind::event, RecordKind::graph, RecordKind::trace_end});
    case Signal::metrics:
      return count(refusals.rejected, all, rejected >= items ? UINT64_MAX : rejected,
                   {RecordKind::metric, RecordKind::self_metric});
  }
}

void append_message(std::string& messages, const std::string& message) {
  if (message.empty()) return;
  if (!messages.empty()) messages.append("; ");
  messages.append(message);
}

}  // namespace

Sender::Sender(const Settings& settings, BatchEncoder encoder, const Clock& clock)
    : settings_(settings),
      name_(name_of(settings)),
      redactions_{Redaction(settings.each[0]), Redaction(settings.each[1]), Redaction(settings.each[2])},
      encoder_(std::move(encoder)),
      clock_(clock),
      transport_(settings) {}

std::string Sender::destination() const {
  const std::string first = target_of(settings_[all_signals.front()], all_signals.front());
  bool is_one = true;
  std::string each = "otlp";
  for (const Signal signal : all_signals) {
    const std::string target = target_of(settings_[signal], signal);
    is_one = is_one && target == first;
    each.append(" ").append(to_string(signal)).append("=").append(target);
  }
  return is_one ? "otlp " + first : each;
}

void Sender::write(const Batch& batch) {
  refusals_ = {};
  Delivery delivery = begin(batch);
  if (const auto error = send_all(delivery)) {
    delivery.fingerprint = fingerprint(batch);
    unfinished_ = std::move(delivery);
    throw *error;
  }
  conclude(batch, delivery);
}

Refusals Sender::take_refusals() { return std::exchange(refusals_, {}); }

Sender::Delivery Sender::begin(const Batch& batch) {
  auto unfinished = std::exchange(unfinished_, std::nullopt);
  if (unfinished && unfinished->fingerprint == fingerprint(batch)) return std::move(*unfinished);
  Delivery delivery;
  delivery.requests = encoder_.encode(batch);
  for (const Signal signal : all_signals) {
    const auto i = static_cast<std::size_t>(signal);
    std::string body = std::move(delivery.requests.bodies[i]);
    if (body.empty()) continue;
    const std::size_t most_bytes = settings_[signal].is_grpc() ? longest_call : longest_request;
    auto pieces = settings_[signal].is_json()
                      ? std::vector<RequestPiece>{{std::move(body), delivery.requests.items[i]}}
                      : pieces_of(std::move(body), delivery.requests.items[i], signal, most_bytes);
    std::move(pieces.begin(), pieces.end(), std::back_inserter(delivery.parts[i].missing));
  }
  return delivery;
}

std::optional<RetryableError> Sender::send_all(Delivery& delivery) {
  std::optional<RetryableError> first_error;
  std::vector<std::string_view> unreachable;
  for (const Signal signal : all_signals) {
    Part& part = delivery.parts[static_cast<std::size_t>(signal)];
    const std::string& origin = settings_[signal].origin;
    // Who does not answer one signal will not answer the next, and each may cost a timeout. Who answers that it wants
    // to see one signal later may take the others now.
    if (part.is_over() || std::find(unreachable.begin(), unreachable.end(), origin) != unreachable.end()) continue;
    bool is_answered = false;
    try {
      while (!part.is_over()) {
        is_answered = false;
        send(part, signal, is_answered);
      }
    } catch (const RetryableError& error) {
      if (!is_answered) unreachable.emplace_back(origin);
      if (!first_error || first_error->retry_after() < error.retry_after()) first_error = error;
    }
  }
  return first_error;
}

void Sender::send(Part& part, Signal signal, bool& is_answered) {
  const RequestPiece& piece = part.missing.front();
  Outcome outcome;
  try {
    outcome = post(piece.body, signal, is_answered);
  } catch (const RetryableError&) {
    throw;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
    if (cut(part, signal, error)) return;
    if (!part.refusal) part.refusal = error;
    outcome.rejected = piece.items;
  }
  const std::uint64_t rejected = std::min(outcome.rejected, piece.items);
  // Where nothing was taken, nothing has been counted; of a part nobody says which. Of several pieces the first that is
  // taken counts for all: sums that the server has seen must not fall.
  if (rejected < piece.items && part.accepted == 0) encoder_.commit(signal);
  part.accepted += piece.items - rejected;
  part.rejected += rejected;
  append_message(part.message, outcome.message);
  part.missing.pop_front();
}

// Too large, or bad data in it, which is not known. A key that is wrong, for example, is wrong for every piece.
bool Sender::cut(Part& part, Signal signal, const Error& refusal) const {
  if (refusal.code() != ErrorCode::invalid_argument || part.cuts >= most_cuts) return false;
  const auto encoding = settings_[signal].is_json() ? Encoding::json : Encoding::protobuf;
  auto halves = halves_of(part.missing.front(), signal, encoding);
  if (!halves) return false;
  ++part.cuts;
  part.missing.front() = std::move(halves->second);
  part.missing.push_front(std::move(halves->first));
  return true;
}

Outcome Sender::post(const std::string& body, Signal signal, bool& is_answered) {
  if (body.size() > longest_request) {
    throw Error(ErrorCode::invalid_argument, settings_[signal].shown_url + ": a request of " +
                                                 std::to_string(body.size()) + " bytes is longer than OTLP's 64 MiB");
  }
  const Reply& reply = transport_.post(signal, body);
  is_answered = true;
  const Redaction& redaction = redactions_[static_cast<std::size_t>(signal)];
  return outcome_of(reply, settings_[signal], signal, redaction, clock_.wall_now());
}

void Sender::conclude(const Batch& batch, const Delivery& delivery) {
  const auto sent = static_cast<std::size_t>(
      std::count_if(delivery.requests.items.begin(), delivery.requests.items.end(), [](auto n) { return n > 0; }));
  const auto is_refused = [](const Part& part) { return part.is_refused(); };
  const auto refused =
      static_cast<std::size_t>(std::count_if(delivery.parts.begin(), delivery.parts.end(), is_refused));
  if (refused > 0 && refused >= sent) {
    throw *std::find_if(delivery.parts.begin(), delivery.parts.end(), is_refused)->refusal;
  }
  refusals_.invalid = delivery.requests.refused_by_kind;
  Counts sendable = batch.counts();
  for (std::size_t kind = 0; kind < record_kinds; ++kind) sendable[kind] -= refusals_.invalid[kind];
  for (const Signal signal : all_signals) {
    const auto i = static_cast<std::size_t>(signal);
    const Part& part = delivery.parts[i];
    const std::uint64_t items = delivery.requests.items[i];
    count_rejected(refusals_, sendable, signal, part.rejected, items);
    if (part.refusal) append_message(refusals_.message, part.refusal->what());
    append_message(refusals_.message, part.message);
    // What there was nothing to send of may have told the encoder something all the same.
    if (items == 0) encoder_.commit(signal);
  }
  if (const std::uint64_t refused_records = delivery.requests.refused; refused_records > 0) {
    append_message(refusals_.message, std::to_string(refused_records) + " records cannot be said in OTLP");
  }
}

}  // namespace spark::detail::otlp
