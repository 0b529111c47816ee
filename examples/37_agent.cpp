// An agent with two tools and a model behind an interface like OpenAI's. The program starts the server itself, on a
// free port, so that it needs neither a key nor a network; with base_url left out it would ask OpenAI.

#include <spark/spark.h>

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using boost::asio::ip::tcp;
using spark::Object;
using spark::Tool;

namespace {

// Answers one request after the other with these chat completions.
class LocalProvider {
 public:
  explicit LocalProvider(std::vector<Object> answers) : answers_(std::move(answers)), thread_([this] { serve(); }) {}
  ~LocalProvider() {
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // ends a wait for who does not come
    thread_.join();
  }
  [[nodiscard]] std::string base_url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/v1";
  }

 private:
  void serve() {
    for (const Object& answer : answers_) {
      tcp::iostream client;
      boost::system::error_code error;
      acceptor_.accept(client.socket(), error);
      if (error) return;
      std::size_t size = 0;
      for (std::string line; std::getline(client, line) && line != "\r";) {
        if (line.starts_with("Content-Length: ")) size = std::stoul(line.substr(16));
      }
      std::string request(size, '\0');
      client.read(request.data(), static_cast<std::streamsize>(size));
      const std::string body = spark::to_json(answer);
      client << "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: "
             << body.size() << "\r\n\r\n"
             << body << std::flush;
    }
  }

  std::vector<Object> answers_;
  boost::asio::io_context context_;
  tcp::acceptor acceptor_{context_, tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0)};
  std::thread thread_;
};

Object completion(const Object& message, const char* finish_reason, int input_tokens, int output_tokens) {
  return {{"id", "chatcmpl-1"},
          {"object", "chat.completion"},
          {"model", "gpt-4o-2024-08-06"},
          {"choices", spark::Array{Object{{"index", 0}, {"message", message}, {"finish_reason", finish_reason}}}},
          {"usage", Object{{"prompt_tokens", input_tokens}, {"completion_tokens", output_tokens}}}};
}

Object call(const char* id, const char* tool, const Object& arguments) {
  return {
      {"id", id}, {"type", "function"}, {"function", Object{{"name", tool}, {"arguments", spark::to_json(arguments)}}}};
}

// Children below their parents, in the order in which they began.
void print_tree(const std::vector<spark::Span>& spans, spark::SpanId parent, int depth) {
  for (const spark::Span& span : spans) {
    if (span.parent_span_id != parent) continue;
    std::printf("%*s%s %s\n", 2 * depth, "", span.name.c_str(), std::string(to_string(span.kind)).c_str());
    print_tree(spans, span.span_id, depth + 1);
  }
}

}  // namespace

int main() {
  auto& manager = spark::TelemetryManager::configure(spark::TelemetryConfig::create_memory());
  const LocalProvider provider({
      completion({{"role", "assistant"},
                  {"content", nullptr},
                  {"tool_calls", spark::Array{call("call_a", "get_weather", {{"city", "Bern"}}),
                                              call("call_b", "get_weather", {{"city", "Oslo"}})}}},
                 "tool_calls", 120, 40),
      completion({{"role", "assistant"},
                  {"content", nullptr},
                  {"tool_calls", spark::Array{call("call_c", "convert", {{"celsius", 21.5}})}}},
                 "tool_calls", 200, 20),
      completion({{"role", "assistant"}, {"content", "Bern is warmer: 70.7 °F."}}, "stop", 240, 10),
  });

  const Tool get_weather("get_weather", "The temperature in a city", {{"city", "The city's name"}},
                         [](const std::string& city) {
                           return Object{{"city", city}, {"celsius", city == "Bern" ? 21.5 : 12.0}};
                         },
                         {.has_effects = false});
  const Tool convert("convert", "Degrees Celsius in Fahrenheit", {{"celsius", "Degrees"}},
                     [](double celsius) { return celsius * 9 / 5 + 32; }, {.has_effects = false});

  spark::OpenAIModelOptions options;
  options.model_id = "gpt-4o";
  options.base_url = provider.base_url();
  const spark::Agent agent(std::make_shared<spark::OpenAIModel>(options),
                           {.name = "weather", .tools = {get_weather, convert}});
  const auto result = spark::sync_wait(agent.run("Which is warmer, Bern or Oslo? In Fahrenheit, please."));
  std::printf("%s\n%lld steps, %lld calls of tools, $%s\n\n", result.text.c_str(), static_cast<long long>(result.steps),
              static_cast<long long>(result.tool_calls), result.cost.to_string().c_str());

  manager.flush();
  auto spans = manager.query_spans().rows;
  std::sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) { return a.start_time < b.start_time; });
  print_tree(spans, spark::SpanId(), 0);
}
