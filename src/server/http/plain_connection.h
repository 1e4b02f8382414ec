// A connection over TCP as it is.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "server/http/connection.h"

namespace martlet {

/// Null when the system does not let go of the socket.
std::shared_ptr<Connection> make_plain_connection(
    std::shared_ptr<HttpContext> shared, IoThread& io, boost::asio::ip::tcp::socket socket,
    std::string client
);

}  // namespace martlet
