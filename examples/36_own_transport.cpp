// A trace that crosses a transport of one's own: here a queue of messages with headers.

#include <spark/spark.h>

#include <cstdio>
#include <deque>
#include <map>
#include <string>

struct Message {
  std::map<std::string, std::string> headers;
  std::string body;
};

void publish(spark::TelemetryManager& manager, std::deque<Message>& queue) {
  auto span = manager.start_span("publish", {.kind = spark::SpanKind::PRODUCER});
  spark::Baggage baggage = spark::current_baggage();
  baggage.set("customer", "Jürgen & Co");
  const spark::BaggageScope scope(baggage);
  Message message{{}, "an order"};
  spark::inject(message.headers);
  queue.push_back(message);
}

void consume(spark::TelemetryManager& manager, const Message& message) {
  const spark::RemoteScope scope(&manager, spark::extract(message.headers));
  auto span = manager.start_span("consume", {.kind = spark::SpanKind::CONSUMER});
  const spark::Baggage baggage = spark::current_baggage();
  std::printf("%s for %s\n", message.body.c_str(), std::string(baggage.find("customer").value_or("nobody")).c_str());
}

int main() {
  spark::TelemetryManager here(spark::TelemetryConfig::create_memory());
  spark::TelemetryManager there(spark::TelemetryConfig::create_memory());
  std::deque<Message> queue;
  publish(here, queue);
  for (const auto& [name, value] : queue.front().headers) std::printf("%s: %s\n", name.c_str(), value.c_str());
  consume(there, queue.front());

  here.flush();
  there.flush();
  const auto sent = here.query_spans().front(), received = there.query_spans().front();
  std::printf("one trace: %s, the child of the sender: %s\n", sent.trace_id == received.trace_id ? "yes" : "no",
              received.parent_span_id == sent.span_id ? "yes" : "no");
}
