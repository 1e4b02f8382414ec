// Strings of code points with a value each, and the longest of them that a text starts with.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "tokenizers/chars.h"

namespace martlet {

class Trie {
 public:
  using Node = uint32_t;
  static constexpr Node kRoot = 0;

  struct Match {
    int32_t value = kNoValue;
    std::size_t length = 0;  // code points
  };
  static constexpr int32_t kNoValue = -1;

  Trie();

  /// Gives the UTF-8 string `key` the value (>= 0), and says what it had before, or kNoValue.
  int32_t insert(std::string_view key, int32_t value);

  /// The node that `key` leads to, if there is one.
  [[nodiscard]] std::optional<Node> find_node(std::string_view key) const noexcept;
  /// The value of exactly `key`, or kNoValue.
  [[nodiscard]] int32_t find(std::string_view key) const noexcept;

  /// The longest key below `start` that `text` begins with; of length 0 if there is none. Takes one
  /// step per code point of the longest key at most.
  [[nodiscard]] Match longest_match(std::span<const Char> text, Node start = kRoot) const noexcept;

 private:
  struct Edge {
    Node from = kNoNode;
    char32_t symbol = 0;
    Node to = 0;
  };
  static constexpr Node kNoNode = ~Node{0};

  [[nodiscard]] std::size_t slot_of(Node from, char32_t symbol) const noexcept;
  [[nodiscard]] Node child(Node from, char32_t symbol) const noexcept;
  Node add_child(Node from, char32_t symbol);
  void grow();

  std::vector<Edge> edges_;      // hash table, open addressing, a power of two, at most 5/8 full
  std::vector<int32_t> values_;  // [nodes]
};

}  // namespace martlet
