#include "reply_parsing.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

namespace sma::batch {
namespace {

namespace json = boost::json;

json::value const* member(json::value const* v, std::string_view name) {
    auto const* object = v ? v->if_object() : nullptr;
    return object ? object->if_contains({name.data(), name.size()}) : nullptr;
}

std::string text_of(json::value const* v) {
    auto const* text = v ? v->if_string() : nullptr;
    return text ? std::string(text->data(), text->size()) : std::string();
}

double number_of(json::value const* v) { return v && v->is_number() ? v->to_number<double>() : 0; }

bool read_predictions(json::value const& body, record& r) {
    auto const* list = member(&body, "predictions");
    auto const* array = list ? list->if_array() : nullptr;
    if (array == nullptr || (array->empty() && member(&body, "unknown") == nullptr)) return false;
    for (auto const& one : *array) {
        auto const* index = member(&one, "class_index");
        if (index == nullptr || !index->is_int64()) return false;
        prediction p;
        p.class_index = static_cast<int>(index->get_int64());
        p.class_name = text_of(member(&one, "class_name"));
        p.confidence = number_of(member(&one, "confidence"));
        r.predictions.push_back(std::move(p));
    }
    return true;
}

}  // namespace

reply_kind kind_of_status(unsigned status) noexcept {
    switch (status) {
        case 429:
        case 502:
        case 503:
        case 504:
            return reply_kind::refused;
        case 401:
        case 403:
        case 404:
        case 405:
            return reply_kind::hopeless;
        default:
            return reply_kind::final;
    }
}

void read_reply(client::http_reply const& reply, record& r) {
    boost::system::error_code broken;
    auto const body = json::parse(reply.body, broken);
    if (reply.status == 200) {
        bool const good = !broken && read_predictions(body, r);
        if (good) return;
        r.predictions.clear();
        r.failed.emplace("BAD_RESPONSE", "the server's response has no predictions");
        return;
    }
    auto const* error = broken ? nullptr : member(&body, "error");
    auto code = text_of(member(error, "code"));
    auto message = text_of(member(error, "message"));
    if (code.empty()) code = "HTTP_" + std::to_string(reply.status);
    if (message.empty()) message = "the server answered with status " + std::to_string(reply.status);
    r.failed.emplace(std::move(code), std::move(message));
}

}  // namespace sma::batch
