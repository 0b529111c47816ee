#include "apps/sparktel/document_workflow.h"

#include <exception>
#include <string_view>

#include "apps/sparktel/documents.h"
#include "spark/async/blocking.h"
#include "spark/async/sync_wait.h"
#include "spark/graph/execution_context.h"

namespace spark::sparktel {

namespace {

constexpr std::size_t top_words = 5;

// {path} -> {path, text}
class LoadNode final : public Node {
 public:
  // Writes which trace each run is to `trace_id`, because a run that fails gives no outputs to say it in.
  explicit LoadNode(TraceId& trace_id) : trace_id_(trace_id) {}

  Task<Outputs> process(ExecutionContext& context) override {
    trace_id_ = context.trace_id();
    const std::string path = context.inputs().at("path").as_string();
    const auto read = [path] { return read_document(path); };
    std::string text = co_await run_blocking(read);
    context.record_event("document", "Document Loaded", {{"path", path}, {"bytes", text.size()}});
    Outputs outputs{{"path", path}, {"text", std::move(text)}};
    co_return outputs;
  }

 private:
  TraceId& trace_id_;
};

// {path, text} -> {path, lines, tokens}: one word a line, so that telemetry keeps them as one text and not as
// thousands.
class TokenizeNode final : public Node {
 public:
  Task<Outputs> process(ExecutionContext& context) override {
    const Tokens tokens = tokenize(context.inputs().at("text").as_string());
    std::string text;
    for (const std::string& word : tokens.words) text += word + "\n";
    Outputs outputs{{"path", context.inputs().at("path")}, {"lines", tokens.lines}, {"tokens", std::move(text)}};
    co_return outputs;
  }
};

// {path, lines, tokens} -> {path, lines, words, distinct_words, top_words: [{word, count}]}
class CountNode final : public Node {
 public:
  Task<Outputs> process(ExecutionContext& context) override {
    const WordCounts counts = count(context);
    context.record_metric({.name = "document_words", .value = static_cast<double>(counts.words), .unit = "words"});
    Array top;
    for (const auto& [word, times] : counts.top) top.emplace_back(Object{{"word", word}, {"count", times}});
    Outputs outputs{{"path", context.inputs().at("path")},
                    {"lines", context.inputs().at("lines")},
                    {"words", counts.words},
                    {"distinct_words", counts.distinct},
                    {"top_words", std::move(top)}};
    co_return outputs;
  }

 private:
  static WordCounts count(ExecutionContext& context) {
    ActiveSpan span = context.start_span("rank_words");
    std::vector<std::string_view> words;
    for (std::string_view rest = context.inputs().at("tokens").as_string(); !rest.empty();) {
      const std::size_t end = rest.find('\n');
      words.push_back(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
    WordCounts counts = count_words(words, top_words);
    span.set_attributes({{"words", counts.words}, {"distinct_words", counts.distinct}});
    return counts;
  }
};

// Passes on what the report is made of, with the average that only it needs.
class ReportNode final : public Node {
 public:
  Task<Outputs> process(ExecutionContext& context) override {
    Outputs outputs = context.inputs();
    const double distinct = outputs.at("distinct_words").as_double();
    outputs.set("uses_of_a_word", distinct > 0 ? outputs.at("words").as_double() / distinct : 0.0);
    co_return outputs;
  }
};

NodePtr make_nodes(TraceId& trace_id) {
  return make_node<LoadNode>(trace_id) >> make_node<TokenizeNode>() >> make_node<CountNode>() >>
         make_node<ReportNode>();
}

DocumentReport read_report(const Outputs& outputs) {
  const auto size = [](const Value& value) { return static_cast<std::size_t>(value.as_int()); };
  DocumentReport report{.words = size(outputs.at("words")),
                        .distinct_words = size(outputs.at("distinct_words")),
                        .lines = size(outputs.at("lines"))};
  for (const Value& entry : outputs.at("top_words").as_array()) {
    report.top_words.emplace_back(entry.as_object().at("word").as_string(), size(entry.as_object().at("count")));
  }
  return report;
}

}  // namespace

DocumentWorkflow::DocumentWorkflow(const TelemetryConfig& config)
    : graph_({.start = make_nodes(trace_id_), .telemetry_config = config, .id = "document_workflow"}) {}

DocumentRun DocumentWorkflow::run(const std::string& path) {
  DocumentRun result{.path = path};
  trace_id_ = TraceId();
  try {
    result.report = read_report(sync_wait(graph_.run(Inputs{{"path", path}})));
  } catch (const std::exception& error) {
    result.error = error.what();
  }
  result.trace_id = trace_id_;
  return result;
}

}  // namespace spark::sparktel
