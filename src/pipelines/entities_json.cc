#include "pipelines/entities_json.h"

#include "formats/json_writer.h"

namespace martlet {

void append_entities_json(std::string& out, std::span<const Entity> entities) {
  JsonArray list(out);
  for (const Entity& entity : entities) {
    JsonObject object(list.next());
    object.member("label", entity.label);
    object.member("score", entity.score);
    if (entity.token >= 0) object.member("index", entity.token);
    object.member("word", entity.word);
    object.member("start", entity.characters.begin);
    object.member("end", entity.characters.end);
  }
}

}  // namespace martlet
