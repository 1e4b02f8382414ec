#include "pipelines/entities.h"

#include <algorithm>
#include <map>
#include <utility>

#include "pipelines/scores.h"
#include "tokenizers/unicode.h"

namespace martlet {
namespace {

/// A token, or a word made of several, on its way to an entity.
struct Piece {
  std::string word;
  std::vector<float> scores;  // [labels]
  Offset characters;
  Offset bytes;
  int32_t token = -1;
  bool goes_on = false;  // with the word of the token before
};

std::size_t best_of(std::span<const float> scores) {
  return static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
}

/// As valid UTF-8.
std::string readable(std::string_view text) {
  std::string out;
  for (std::size_t position = 0; position < text.size();)
    unicode::append_utf8(unicode::read_utf8(text, position), out);
  return out;
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t position = 0; position < text.size(); ++count)
    unicode::read_utf8(text, position);
  return count;
}

std::string_view part_of(std::string_view text, Offset bytes) {
  const auto begin = static_cast<std::size_t>(bytes.begin);
  return text.substr(begin, static_cast<std::size_t>(bytes.end) - begin);
}

/// Where tokens do not say it themselves: no space before the token or at its beginning.
bool has_no_space_before(std::string_view text, Offset bytes) {
  const auto begin = static_cast<std::size_t>(bytes.begin);
  return begin > 0 && text[begin - 1] != ' ' && (begin == text.size() || text[begin] != ' ');
}

/// A token that is as long as its place in the text has no mark, and begins a word.
Piece piece_of(const EntityParts& parts, const LabelledTokens& tokens, std::size_t index) {
  const Tokenizer& tokenizer = parts.tokenizer;
  const std::string_view token = tokenizer.id_to_token(tokens.ids[index]);
  const Offset characters = tokens.characters[index];
  Piece piece{
      .word = std::string(token),
      .scores = {},
      .characters = characters,
      .bytes = tokens.bytes[index],
      .token = static_cast<int32_t>(index),
      .goes_on = false,
  };
  const std::size_t labels = parts.labels.size();
  apply_scores(
      ScoreFunction::kSoftmax, tokens.logits.subspan(index * labels, labels), piece.scores
  );
  if (tokens.ids[index] == tokenizer.unknown_id()) {
    piece.word = readable(part_of(tokens.text, piece.bytes));
  } else if (tokenizer.marks_subwords()) {
    piece.goes_on =
        count_characters(token) != static_cast<std::size_t>(characters.end - characters.begin);
  } else {
    piece.goes_on = has_no_space_before(tokens.text, piece.bytes);
  }
  return piece;
}

std::string join_words(const Tokenizer& tokenizer, std::span<const Piece> pieces) {
  std::vector<std::string_view> words;
  for (const Piece& piece : pieces) words.emplace_back(piece.word);
  return tokenizer.join(words);
}

std::vector<float> mean_scores(std::span<const Piece> pieces) {
  std::vector<float> means(pieces[0].scores.size());
  for (std::size_t label = 0; label < means.size(); ++label) {
    double sum = 0;
    for (const Piece& piece : pieces) sum += piece.scores[label];
    means[label] = static_cast<float>(sum / static_cast<double>(pieces.size()));
  }
  return means;
}

/// The scores that count for a word of these tokens.
std::vector<float> word_scores(Aggregation aggregation, std::span<const Piece> pieces) {
  if (aggregation == Aggregation::kAverage) return mean_scores(pieces);
  if (aggregation == Aggregation::kFirst) return pieces[0].scores;
  const auto sureness = [](const Piece& piece) { return piece.scores[best_of(piece.scores)]; };
  return std::ranges::max_element(pieces, {}, sureness)->scores;
}

/// Calls each(run) for the longest runs whose pieces, but for the first, `joins(before, piece)`.
template <class Joins, class Each>
void for_each_run(std::span<const Piece> pieces, const Joins& joins, const Each& each) {
  for (std::size_t begin = 0; begin < pieces.size();) {
    std::size_t end = begin + 1;
    while (end < pieces.size() && joins(pieces[end - 1], pieces[end])) ++end;
    each(pieces.subspan(begin, end - begin));
    begin = end;
  }
}

/// Tokens of one word become one piece.
std::vector<Piece> join_tokens(const EntityParts& parts, std::span<const Piece> tokens) {
  std::vector<Piece> words;
  for_each_run(
      tokens, [](const Piece&, const Piece& token) { return token.goes_on; },
      [&](std::span<const Piece> run) {
        words.push_back({
            .word = join_words(parts.tokenizer, run),
            .scores = word_scores(parts.options.aggregation, run),
            .characters = {run.front().characters.begin, run.back().characters.end},
            .bytes = {run.front().bytes.begin, run.back().bytes.end},
        });
      }
  );
  return words;
}

/// "B-PER" is PER that begins; "I-PER", and "PER" itself, are PER that may go on.
struct Tag {
  explicit Tag(std::string_view label) : name(label) {
    begins = label.starts_with("B-");
    if (begins || label.starts_with("I-")) name.remove_prefix(2);
  }
  std::string_view name;
  bool begins = false;
};

/// What stands after the first hyphen: "PER" of "B-PER".
std::string group_name(std::string_view label) {
  return std::string(label.substr(label.find('-') + 1));
}

Entity entity_of(const EntityParts& parts, std::span<const Piece> run) {
  double sum = 0;
  for (const Piece& piece : run) sum += piece.scores[best_of(piece.scores)];
  return {
      .label = group_name(parts.labels[best_of(run[0].scores)]),
      .score = static_cast<float>(sum / static_cast<double>(run.size())),
      .word = join_words(parts.tokenizer, run),
      .characters = {run.front().characters.begin, run.back().characters.end},
      .bytes = {run.front().bytes.begin, run.back().bytes.end},
  };
}

std::vector<Entity> group(const EntityParts& parts, std::span<const Piece> pieces) {
  const auto label_of = [&](const Piece& piece) -> std::string_view {
    return parts.labels[best_of(piece.scores)];
  };
  std::vector<Entity> entities;
  for_each_run(
      pieces,
      [&](const Piece& before, const Piece& piece) {
        const Tag tag(label_of(piece));
        return !tag.begins && tag.name == Tag(label_of(before)).name;
      },
      [&](std::span<const Piece> run) { entities.push_back(entity_of(parts, run)); }
  );
  return entities;
}

std::vector<Entity> one_by_one(const EntityParts& parts, std::span<const Piece> pieces) {
  std::vector<Entity> entities;
  for (const Piece& piece : pieces) {
    const std::size_t label = best_of(piece.scores);
    entities.push_back({
        .label = parts.labels[label],
        .score = piece.scores[label],
        .word = piece.word,
        .characters = piece.characters,
        .bytes = piece.bytes,
        .token = piece.token,
    });
  }
  return entities;
}

std::vector<Entity> aggregate(const EntityParts& parts, std::span<const Piece> tokens) {
  switch (parts.options.aggregation) {
    case Aggregation::kNone:
      return one_by_one(parts, tokens);
    case Aggregation::kSimple:
      return group(parts, tokens);
    case Aggregation::kFirst:
    case Aggregation::kAverage:
    case Aggregation::kMax:
      break;
  }
  return group(parts, join_tokens(parts, tokens));
}

int32_t length_of(const Entity& entity) { return entity.characters.end - entity.characters.begin; }

}  // namespace

LabelledTokens labelled_tokens(
    std::string_view text, const Encodings& encodings, std::size_t index,
    std::span<const float> logits
) {
  const auto begin = static_cast<std::size_t>(encodings.starts[index]);
  const std::size_t count = static_cast<std::size_t>(encodings.starts[index + 1]) - begin;
  return {
      .text = text,
      .ids = std::span(encodings.ids).subspan(begin, count),
      .characters = std::span(encodings.char_offsets).subspan(begin, count),
      .bytes = std::span(encodings.byte_offsets).subspan(begin, count),
      .special = std::span(encodings.special).subspan(begin, count),
      .logits = logits,
  };
}

std::vector<Entity> find_entities(const EntityParts& parts, const LabelledTokens& tokens) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < tokens.ids.size(); ++i) {
    if (tokens.special[i] == 0) pieces.push_back(piece_of(parts, tokens, i));
  }
  std::vector<Entity> entities = aggregate(parts, pieces);
  std::erase_if(entities, [&](const Entity& entity) {
    const auto& ignored = parts.options.ignore_labels;
    return std::ranges::find(ignored, entity.label) != ignored.end();
  });
  return entities;
}

std::vector<Entity> merge_windows(std::vector<Entity> entities) {
  if (entities.empty()) return entities;
  std::multimap<int32_t, Entity> by_place;  // where two begin, the earlier window comes first
  for (Entity& entity : entities) by_place.emplace(entity.characters.begin, std::move(entity));
  std::vector<Entity> kept;
  const auto better = [](const Entity& entity, const Entity& than) {
    const int32_t more = length_of(entity) - length_of(than);
    return more > 0 || (more == 0 && entity.score > than.score);
  };
  Entity last = std::move(by_place.begin()->second);
  by_place.erase(by_place.begin());
  for (auto& [begin, entity] : by_place) {
    const bool overlaps = begin < last.characters.end;
    if (overlaps && !better(entity, last)) continue;
    if (!overlaps) kept.push_back(std::move(last));
    last = std::move(entity);
  }
  kept.push_back(std::move(last));
  return kept;
}

}  // namespace martlet
