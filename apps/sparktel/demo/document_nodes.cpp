#include "apps/sparktel/demo/document_nodes.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "apps/sparktel/demo/documents.h"
#include "spark/async/cancellation.h"
#include "spark/async/sleep.h"
#include "spark/base/error.h"
#include "spark/graph/execution_context.h"

namespace spark::sparktel {

namespace {

constexpr std::size_t most_top_words = 5;
constexpr std::size_t top_sentences = 3;
constexpr std::size_t shown_words = 8;     // of a long sentence
constexpr std::size_t sample_words = 100;  // as many as Flesch's samples have
constexpr std::size_t sentences_at_once = 1'000;
constexpr Seconds readability_limit{0.1};

using Sentence = std::vector<std::string_view>;

// Of the outputs of TokenizeNode. The views live as long as `inputs`.
std::vector<Sentence> sentences_of(const Inputs& inputs) {
  std::vector<Sentence> sentences;
  for (std::string_view rest = inputs.at("tokens").as_string(); !rest.empty();) {
    const std::size_t end = rest.find('\n');
    if (end == 0) {
      sentences.emplace_back();
    } else {
      if (sentences.empty()) sentences.emplace_back();
      sentences.back().push_back(rest.substr(0, end));
    }
    rest.remove_prefix(end + 1);
  }
  if (!sentences.empty() && sentences.back().empty()) sentences.pop_back();
  return sentences;
}

// {path} -> {path, text}
class LoadNode final : public BlockingNode {
 public:
  LoadNode(TraceId& trace_id, const DocumentEvents& events)
      : BlockingNode("load"), trace_id_(trace_id), events_(events) {
    set_policy({.max_attempts = 3, .backoff = {.initial = Seconds(0.02)}});
  }

  Outputs process_blocking(ExecutionContext& context) override {
    trace_id_ = context.trace_id();
    const std::string& path = context.inputs().at("path").as_string();
    std::string text = read(path);
    context.record_event("document", "Document Loaded", {{"path", path}, {"bytes", text.size()}});
    return Outputs{{"path", path}, {"text", std::move(text)}};
  }

 private:
  std::string read(const std::string& path) const {
    try {
      return read_document(path);
    } catch (const Error&) {
      if (events_.after_failed_load) events_.after_failed_load(path);
      throw;
    }
  }

  TraceId& trace_id_;
  const DocumentEvents& events_;
};

// {path, text} -> {path, lines, tokens}: one word a line and an empty line after each sentence, so that telemetry keeps
// them as one text and not as thousands.
class TokenizeNode final : public Node {
 public:
  TokenizeNode() : Node("tokenize") {}

  Task<Outputs> process(ExecutionContext& context) override {
    const Tokens tokens = tokenize(context.inputs().at("text").as_string());
    std::string text;
    for (const std::vector<std::string>& sentence : tokens.sentences) {
      for (const std::string& word : sentence) text += word + "\n";
      text += "\n";
    }
    Outputs outputs{{"path", context.inputs().at("path")}, {"lines", tokens.lines}, {"tokens", std::move(text)}};
    co_return outputs;
  }
};

// {path, lines, tokens} -> {path, lines, words, distinct_words, top_words: [{word, count}]}
class CountNode final : public Node {
 public:
  CountNode() : Node("frequencies") {}

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
    for (const Sentence& sentence : sentences_of(context.inputs())) {
      words.insert(words.end(), sentence.begin(), sentence.end());
    }
    WordCounts counts = count_words(words, most_top_words);
    span.set_attributes({{"words", counts.words}, {"distinct_words", counts.distinct}});
    return counts;
  }
};

// {path, lines, tokens} -> {path, sentences, longest_sentences: [{words, begins}]}
class SentencesNode final : public Node {
 public:
  SentencesNode() : Node("sentences") {}

  Task<Outputs> process(ExecutionContext& context) override {
    std::vector<Sentence> sentences = sentences_of(context.inputs());
    const std::size_t count = sentences.size();
    std::stable_sort(sentences.begin(), sentences.end(),
                     [](const Sentence& a, const Sentence& b) { return a.size() > b.size(); });
    sentences.resize(std::min(count, top_sentences));
    Array longest;
    for (const Sentence& sentence : sentences) {
      longest.emplace_back(Object{{"words", sentence.size()}, {"begins", beginning(sentence)}});
    }
    Outputs outputs{
        {"path", context.inputs().at("path")}, {"sentences", count}, {"longest_sentences", std::move(longest)}};
    co_return outputs;
  }

 private:
  static std::string beginning(const Sentence& sentence) {
    std::string text;
    for (std::size_t i = 0; i < std::min(sentence.size(), shown_words); ++i) {
      text += (i > 0 ? " " : "") + std::string(sentence[i]);
    }
    return text;
  }
};

// Adds a sentence, or as much of it as leaves `size` with at most `most_words`.
void add(TextSize& size, const Sentence& sentence, std::size_t most_words) {
  ++size.sentences;
  for (std::size_t i = 0; i < sentence.size() && size.words < most_words; ++i) {
    ++size.words;
    size.syllables += count_syllables(sentence[i]);
  }
}

// {path, lines, tokens} -> {path, reading_ease, is_sampled: false}
class ReadabilityNode final : public Node {
 public:
  explicit ReadabilityNode(const DocumentEvents& events) : Node("readability"), events_(events) {
    set_policy({.timeout = readability_limit});
  }

  Task<Outputs> process(ExecutionContext& context) override {
    const Value path = context.inputs().at("path");
    if (events_.readability_delay) co_await sleep_for(events_.readability_delay(path.as_string()));
    TextSize size;
    std::size_t done = 0;
    for (const Sentence& sentence : sentences_of(context.inputs())) {
      // What does not wait must ask whether its time is up.
      if (done++ % sentences_at_once == 0) throw_if_cancelled();
      add(size, sentence, static_cast<std::size_t>(-1));
    }
    Outputs outputs{{"path", path}, {"reading_ease", flesch_reading_ease(size)}, {"is_sampled", false}};
    co_return outputs;
  }

 private:
  const DocumentEvents& events_;
};

// What readability failed with, whose inputs are in it -> {path, reading_ease, is_sampled: true}: of the first words.
class SampleNode final : public Node {
 public:
  SampleNode() : Node("sample") {}

  Task<Outputs> process(ExecutionContext& context) override {
    const Inputs& inputs = context.inputs().at("inputs").as_object();
    TextSize size;
    for (const Sentence& sentence : sentences_of(inputs)) {
      if (size.words >= sample_words) break;
      add(size, sentence, sample_words);
    }
    Outputs outputs{{"path", inputs.at("path")}, {"reading_ease", flesch_reading_ease(size)}, {"is_sampled", true}};
    co_return outputs;
  }
};

// Passes on what the report is made of, with the average that only it needs.
class ReportNode final : public Node {
 public:
  ReportNode() : Node("report") {}

  Task<Outputs> process(ExecutionContext& context) override {
    Outputs outputs = context.inputs();
    const double distinct = outputs.at("distinct_words").as_double();
    outputs.set("uses_of_a_word", distinct > 0 ? outputs.at("words").as_double() / distinct : 0.0);
    co_return outputs;
  }
};

}  // namespace

NodePtr make_document_nodes(TraceId& trace_id, const DocumentEvents& events) {
  const auto load = make_node<LoadNode>(trace_id, events);
  const auto readability = make_node<ReadabilityNode>(events);
  const auto report = make_node<ReportNode>();
  load >> make_node<TokenizeNode>() >> parallel(make_node<CountNode>(), make_node<SentencesNode>(), readability) >>
      report;
  readability->on_error() >> make_node<SampleNode>() >> report;
  return load;
}

}  // namespace spark::sparktel
