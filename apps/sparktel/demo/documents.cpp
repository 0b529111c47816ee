#include "apps/sparktel/demo/documents.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "spark/base/error.h"
#include "spark/base/utf8.h"

namespace spark::sparktel {

namespace {

[[noreturn]] void refuse(ErrorCode code, const std::string& path, const std::string& reason) {
  throw Error(code, "cannot analyse " + path + ": " + reason);
}

ErrorCode code_of_reading(int error_number) {
  if (error_number == ENOENT || error_number == ENOTDIR) return ErrorCode::not_found;
  return error_number == EACCES ? ErrorCode::permission_denied : ErrorCode::unavailable;
}

// The bytes at the start of text that make one character of a word; zero if it begins with something else.
std::size_t word_character_bytes(std::string_view text) {
  const auto c = static_cast<unsigned char>(text.front());
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? 1 : 0;
  // U+0080 to U+00BF and U+2000 to U+206F are controls, signs and punctuation: dashes, quotes, bullets.
  if (c == 0xC2 || text.starts_with("\xE2\x80") || text.starts_with("\xE2\x81")) return 0;
  std::size_t bytes = 1;
  while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) ++bytes;
  return bytes;
}

// Whether the sentence ends at the first character, which is none of a word.
bool ends_sentence(std::string_view text) {
  if (text.front() == '\n') {
    const std::size_t next = text.find_first_not_of(" \t\r", 1);
    return next != std::string_view::npos && text[next] == '\n';
  }
  if (text.front() != '.' && text.front() != '!' && text.front() != '?') return false;
  const std::size_t next = text.find_first_not_of(".!?\"')]", 1);
  return next == std::string_view::npos || text[next] == ' ' || text[next] == '\n' || text[next] == '\r' ||
         text[next] == '\t';
}

bool is_vowel(char c) noexcept { return std::string_view("aeiouy").find(c) != std::string_view::npos; }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string read_document(const std::string& path) {
  // Asked first, because opening a pipe would wait for its writer.
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (error) refuse(code_of_reading(error.value()), path, error.message());
  if (!std::filesystem::exists(status)) refuse(ErrorCode::not_found, path, "No such file or directory");
  if (!std::filesystem::is_regular_file(status)) refuse(ErrorCode::invalid_argument, path, "it is not a regular file");

  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (file == nullptr) refuse(code_of_reading(errno), path, std::strerror(errno));
  std::string text;
  std::array<char, 16 * 1024> buffer;
  while (const std::size_t bytes = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    text.append(buffer.data(), bytes);
    if (text.size() > largest_document_bytes) refuse(ErrorCode::invalid_argument, path, "it is larger than 64 MiB");
  }
  if (std::ferror(file.get()) != 0) refuse(ErrorCode::unavailable, path, std::strerror(errno));

  if (text.empty()) refuse(ErrorCode::invalid_argument, path, "it is empty");
  if (text.find('\0') != std::string::npos) refuse(ErrorCode::invalid_argument, path, "it is binary: it has NUL bytes");
  if (!is_storable_utf8(text)) refuse(ErrorCode::invalid_argument, path, "it is not UTF-8 text");
  return text;
}

Tokens tokenize(std::string_view text) {
  Tokens tokens;
  tokens.lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  if (!text.empty() && text.back() != '\n') ++tokens.lines;

  std::string word;
  std::vector<std::string> sentence;
  while (!text.empty()) {
    const std::size_t bytes = word_character_bytes(text);
    if (bytes > 0) {
      for (const char c : text.substr(0, bytes)) word += lower(c);
      text.remove_prefix(bytes);
      continue;
    }
    const bool is_inside =
        text.front() == '\'' && !word.empty() && text.size() > 1 && word_character_bytes(text.substr(1)) > 0;
    if (is_inside) {
      word += '\'';
    } else if (!word.empty()) {
      sentence.push_back(std::exchange(word, {}));
    }
    if (!sentence.empty() && ends_sentence(text)) tokens.sentences.push_back(std::exchange(sentence, {}));
    text.remove_prefix(1);
  }
  if (!word.empty()) sentence.push_back(std::move(word));
  if (!sentence.empty()) tokens.sentences.push_back(std::move(sentence));
  return tokens;
}

WordCounts count_words(const std::vector<std::string_view>& words, std::size_t top) {
  std::unordered_map<std::string_view, std::size_t> counts;
  for (const std::string_view word : words) ++counts[word];
  WordCounts result{.words = words.size(), .distinct = counts.size()};
  std::vector<std::pair<std::string_view, std::size_t>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  sorted.resize(std::min(sorted.size(), top));
  for (const auto& [word, count] : sorted) result.top.emplace_back(std::string(word), count);
  return result;
}

double flesch_reading_ease(const TextSize& size) noexcept {
  if (size.words == 0 || size.sentences == 0) return 0;
  const auto words = static_cast<double>(size.words);
  return 206.835 - 1.015 * words / static_cast<double>(size.sentences) -
         84.6 * static_cast<double>(size.syllables) / words;
}

std::string_view describe_reading_ease(double ease) noexcept {
  struct Class {
    double below;
    std::string_view name;
  };
  constexpr std::array<Class, 6> classes{{{30, "very difficult"},
                                          {50, "difficult"},
                                          {60, "fairly difficult"},
                                          {70, "standard"},
                                          {80, "fairly easy"},
                                          {90, "easy"}}};
  for (const Class& each : classes) {
    if (ease < each.below) return each.name;
  }
  return "very easy";
}

std::size_t count_syllables(std::string_view word) noexcept {
  std::size_t runs = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (is_vowel(word[i]) && (i == 0 || !is_vowel(word[i - 1]))) ++runs;
  }
  const bool ends_in_e = word.size() > 2 && word.back() == 'e' && !is_vowel(word[word.size() - 2]);
  const bool ends_in_le = ends_in_e && word[word.size() - 2] == 'l' && !is_vowel(word[word.size() - 3]);
  if (ends_in_e && !ends_in_le && runs > 1) --runs;
  return std::max<std::size_t>(runs, 1);
}

}  // namespace spark::sparktel
