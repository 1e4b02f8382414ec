// The sections of a tokenizer.json, one parser each (tokenizer_json.h has what they fill).
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "formats/json.h"
#include "formats/tokenizer_json.h"

namespace martlet::tokenizer_json {

inline constexpr IntegerRange kIdRange{0, std::numeric_limits<int32_t>::max() - 1};

/// kUnsupported: `part` has a type that martlet does not have.
Status unsupported(
    std::string_view where, std::string_view part, std::string_view got, std::string_view expected
);

/// The components of the section `key`, in order: what its Sequences, one in another or not, hold.
/// Each has a "type". Empty when the section is null. `list` is the name of a Sequence's array.
Result<std::vector<const boost::json::object*>> find_parts(
    const boost::json::object& root, std::string_view where, std::string_view key,
    std::string_view list
);

std::string_view type_of(const boost::json::object& part);

/// Of a normalizer; failures are the reader's.
CharsmapConfig read_charsmap(JsonReader& reader);
/// Of a pre-tokenizer or a decoder; failures are the reader's.
MetaspaceConfig read_metaspace(JsonReader& reader);

// Each reads its section of `root`, the whole file.
Status parse_normalizer(
    const boost::json::object& root, std::string_view where, std::vector<NormalizerStep>& steps
);
Status parse_pre_tokenizer(
    const boost::json::object& root, std::string_view where, std::vector<PreTokenizerStep>& steps
);
Status parse_model(const boost::json::object& root, std::string_view where, ModelConfig& config);
Status parse_post_processor(
    const boost::json::object& root, std::string_view where, PostProcessorConfig& config
);
Status parse_decoder(
    const boost::json::object& root, std::string_view where, std::optional<DecoderConfig>& decoder
);

}  // namespace martlet::tokenizer_json
