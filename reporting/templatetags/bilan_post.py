"""Where the bilan of a post is, for the person who reads the page."""

from __future__ import annotations

from django import template
from django.template import Context
from django.urls import reverse
from django.utils import timezone

from posts.models import Post
from reporting.bilan_post.service import readable_version

register = template.Library()


@register.simple_tag(takes_context=True)
def bilan_post_url(context: Context, post: Post, year: int) -> str:
    """The address of the version the reader may open; "" when there is none, or the year is to come."""
    actor = getattr(context.get("request"), "actor", None)
    if actor is None or year > timezone.localdate().year:
        return ""
    version = readable_version(post, actor)
    if version is None:
        return ""
    if version:
        return reverse("bilan-post-version", args=[year, post.uuid, version])
    return reverse("bilan-post", args=[year, post.uuid])
