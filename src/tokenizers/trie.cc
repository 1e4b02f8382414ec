#include "tokenizers/trie.h"

#include <utility>

#include "tokenizers/unicode.h"

namespace martlet {
namespace {
constexpr std::size_t kFirstSlots = 64;
}

Trie::Trie() : edges_(kFirstSlots), values_{kNoValue} {}

std::size_t Trie::slot_of(Node from, char32_t symbol) const noexcept {
  const uint64_t hash = (uint64_t{from} << 32 | symbol) * 0x9E3779B97F4A7C15ULL;
  const std::size_t mask = edges_.size() - 1;
  std::size_t slot = (hash >> 32) & mask;
  while (edges_[slot].from != kNoNode &&
         (edges_[slot].from != from || edges_[slot].symbol != symbol)) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

Trie::Node Trie::child(Node from, char32_t symbol) const noexcept {
  const Edge& edge = edges_[slot_of(from, symbol)];
  return edge.from == kNoNode ? kNoNode : edge.to;
}

Trie::Node Trie::add_child(Node from, char32_t symbol) {
  Edge& edge = edges_[slot_of(from, symbol)];
  if (edge.from != kNoNode) return edge.to;
  const auto node = Node(values_.size());
  edge = {from, symbol, node};
  values_.push_back(kNoValue);
  if (values_.size() > edges_.size() / 8 * 5) grow();
  return node;
}

void Trie::grow() {
  const std::vector<Edge> old = std::exchange(edges_, std::vector<Edge>(edges_.size() * 2));
  for (const Edge& edge : old) {
    if (edge.from != kNoNode) edges_[slot_of(edge.from, edge.symbol)] = edge;
  }
}

int32_t Trie::insert(std::string_view key, int32_t value) {
  Node node = kRoot;
  for (std::size_t position = 0; position < key.size();) {
    node = add_child(node, unicode::read_utf8(key, position));
  }
  return std::exchange(values_[node], value);
}

std::optional<Trie::Node> Trie::find_node(std::string_view key) const noexcept {
  Node node = kRoot;
  for (std::size_t position = 0; position < key.size();) {
    node = child(node, unicode::read_utf8(key, position));
    if (node == kNoNode) return std::nullopt;
  }
  return node;
}

int32_t Trie::find(std::string_view key) const noexcept {
  const std::optional<Node> node = find_node(key);
  return node ? values_[*node] : kNoValue;
}

Trie::Match Trie::longest_match(std::span<const Char> text, Node start) const noexcept {
  Match match;
  Node node = start;
  for (std::size_t i = 0; i < text.size(); ++i) {
    node = child(node, text[i].code);
    if (node == kNoNode) break;
    if (values_[node] != kNoValue) match = {values_[node], i + 1};
  }
  return match;
}

}  // namespace martlet
