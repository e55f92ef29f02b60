"""Curated answers, chats, questions and figures on SQL."""

from storage.faq.chats import SqlChats
from storage.faq.entries import SqlEntries
from storage.faq.figures import SqlFigures
from storage.faq.questions import OFFERS_KEPT_FOR, SqlQuestions

__all__ = ["OFFERS_KEPT_FOR", "SqlChats", "SqlEntries", "SqlFigures", "SqlQuestions"]
