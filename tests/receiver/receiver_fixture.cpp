#include "receiver/receiver_fixture.h"

#include <cstdio>
#include <cstdlib>

namespace spark::testing {

void ReceiverTest::start(detail::ingest::ReceiverOptions options) {
  receiver.reset();
  options.http.port = 0;
  receiver = std::make_unique<detail::ingest::Receiver>(store, std::move(options));
}

std::uint16_t ReceiverTest::port() const {
  const std::string& url = receiver->url();
  return static_cast<std::uint16_t>(std::strtoul(url.c_str() + url.rfind(':') + 1, nullptr, 10));
}

RawReply ReceiverTest::send(std::string_view target, std::string_view body, std::string_view headers) {
  return RawClient(port()).ask(post(target, body, headers));
}

std::string spans_json(std::uint64_t first, std::uint64_t count) {
  std::string spans;
  for (std::uint64_t i = first; i < first + count; ++i) {
    char text[256];
    std::snprintf(text, sizeof text,
                  R"({"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"%016llx","name":"s%llu","kind":1,)"
                  R"("startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000000001000"})",
                  static_cast<unsigned long long>(i), static_cast<unsigned long long>(i));
    spans += (spans.empty() ? "" : ",") + std::string(text);
  }
  return R"({"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[)" + spans + "]}]}]}";
}

}  // namespace spark::testing
